import type net from 'node:net'

/**
 * The one place that looks behind Node.js's public API: the server by which a `node:cluster` primary listens for
 * its workers. `cluster` makes it itself, waits for its `listening` event, and takes its handle away; there is no
 * public way to tell it apart, nor to stop it before its workers are gone. `test/peer/cluster.test.ts` holds this
 * on every supported version of Node.js.
 * Source: https://github.com/nodejs/node/blob/main/lib/internal/cluster/round_robin_handle.js
 */

/** `cluster` makes its server with `assert.fail` as the only `connection` listener. */
export function isClusterPrimaryServer(server: net.Server): boolean {
  const [listener, ...others] = server.listeners('connection')
  return listener?.name === 'fail' && others.length === 0
}

/**
 * Remembers the handle of a cluster primary's server before `cluster` takes it, and returns what closes it: the
 * primary then accepts no more, while its workers finish what they have.
 */
export function keepClusterHandle(server: net.Server): () => void {
  let handle: { close(): void } | null = null
  server.prependOnceListener('listening', () => {
    handle = (server as unknown as { _handle: { close(): void } | null })._handle
  })
  return () => handle?.close()
}
