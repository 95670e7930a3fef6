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

/** What {@link ClusterHandle} needs of the handles of Node.js. */
interface ListenHandle {
  onconnection: (error: number, client?: ClientHandle) => void
  close(): void
}
interface ClientHandle {
  close(callback?: () => void): void
}

export interface ClusterHandle {
  /** Ends accepting; resolves when each connection that was accepted is with a worker. */
  stopAccepting(): Promise<void>
}

/**
 * Keeps hold of the handle that `cluster` takes from a primary's server when it listens. `cluster` queues what it
 * accepts while its workers are busy and would drop that queue with its last worker; it closes its own copy of a
 * connection when a worker has taken it. With its last worker it closes the handle too: `onLost` is called then,
 * unless it was told to stop.
 */
export function keepClusterHandle(server: net.Server, onLost: () => void): ClusterHandle {
  const queued = new Set<ClientHandle>()
  let stopped = false
  let handle: ListenHandle | null = null
  let emptied: (() => void) | null = null
  const watch = (client: ClientHandle) => {
    queued.add(client)
    const { close } = client
    client.close = callback => {
      queued.delete(client)
      if (queued.size === 0) emptied?.()
      Reflect.apply(close, client, [callback])
    }
  }
  server.prependOnceListener('listening', () => {
    const taken = (server as unknown as { _handle: ListenHandle })._handle
    handle = taken
    const { close } = taken
    taken.close = () => {
      if (!stopped) onLost()
      Reflect.apply(close, taken, [])
    }
    // When all listeners of this event have run, `cluster` has its own function there.
    queueMicrotask(() => {
      const { onconnection } = taken
      taken.onconnection = (error, client) => {
        if (client) watch(client)
        onconnection(error, client)
      }
    })
  })
  return {
    stopAccepting: () => {
      stopped = true
      handle?.close()
      return new Promise(resolve => {
        if (queued.size === 0) resolve()
        else emptied = resolve
      })
    },
  }
}
