import type net from 'node:net'

/** An HTTP server of Node.js. */
export interface HttpServer extends net.Server {
  closeIdleConnections(): void
  keepAliveTimeout?: number
  keepAliveTimeoutBuffer?: number
}

/**
 * Which of the sockets of a server wait for a request of which nothing has come. Only the parser of Node.js knows that, and says it to no one but
 * `closeIdleConnections()`: for its time, each socket answers to `destroy()` with its name.
 */
export function idleOf(server: HttpServer, sockets: readonly net.Socket[]): Set<net.Socket> {
  const idle = new Set<net.Socket>()
  const own = sockets.map(socket => Object.getOwnPropertyDescriptor(socket, 'destroy'))
  for (const socket of sockets) {
    const value = () => idle.add(socket)
    Object.defineProperty(socket, 'destroy', { configurable: true, writable: true, value })
  }
  try {
    server.closeIdleConnections()
  } finally {
    sockets.forEach((socket, index) => {
      const before = own[index]
      if (before) Object.defineProperty(socket, 'destroy', before)
      else Reflect.deleteProperty(socket, 'destroy')
    })
  }
  return idle
}
