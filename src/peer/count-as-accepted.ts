import type net from 'node:net'

/**
 * The one place that looks behind Node.js's public API for servers: the number of their connections. A server does not count a connection that is given
 * to it by its `connection` event, so that `close()` would not wait for it, and `getConnections()` not know of it.
 * `test/peer/count-as-accepted.test.ts` holds this on every supported version of Node.js.
 * Source: https://github.com/nodejs/node/blob/main/lib/net.js, `onconnection`
 */
export function countAsAccepted(server: net.Server, socket: net.Socket): void {
  const counting = server as net.Server & { _connections: number }
  const counted = socket as net.Socket & { _server?: net.Server }
  counting._connections += 1
  counted._server = server
}
