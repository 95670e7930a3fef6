import type net from 'node:net'
import { RESERVED } from '../rpc/exchange-contracts.ts'
import { type Connections, speaksHttp1, speaksTls } from './connections.ts'
import { countAsAccepted } from './count-as-accepted.ts'
import type { HttpServer } from './idle.ts'
import type { Moves } from './moving.ts'
import type { Places } from './places.ts'
import type { PeerTransfers } from './transfer.ts'

/** Between two requests. */
const IDLE = `${RESERVED}http1`
/** Before its first one. */
const UNUSED = `${RESERVED}http1-unused`
/** As Node.js adds to `keepAliveTimeout`. */
const BUFFER_MS = 1_000

/** The way of connections from this peer to {@link takeConnections} of another. */
export function connectionMoves({ sendSocket }: Pick<PeerTransfers, 'sendSocket'>, places: Places): Moves {
  const underWay = new Set<net.Socket>()
  return {
    isServed: server => places.endpointOf(server) !== null,
    isUnderWay: socket => underWay.has(socket),
    move: async ({ kind, server, socket }) => {
      const isUnused = kind === 'http1' && socket.bytesRead === 0
      underWay.add(socket)
      try {
        const endpoint = places.endpointOf(server) ?? -1
        return await sendSocket(socket, { kind: isUnused ? UNUSED : IDLE, endpoint })
      } finally {
        underWay.delete(socket)
      }
    },
  }
}

/** Has this peer go on with the connections that others have had; `isServing`: whether it has not to give away its own. */
export function takeConnections(
  transfers: Pick<PeerTransfers, 'onTransfer'>,
  places: Places,
  connections: Connections,
  isServing: () => boolean,
): void {
  const serverFor = (endpoint: number | undefined): HttpServer => {
    const server = isServing() && endpoint !== undefined ? places.serverOn(endpoint) : null
    if (!server || !speaksHttp1(server) || speaksTls(server))
      throw new Error('no server for plain HTTP/1.1 accepts on that endpoint here')
    return server as HttpServer
  }
  transfers.onTransfer(UNUSED, async (socket, { endpoint }) => accept(serverFor(endpoint), socket))
  transfers.onTransfer(IDLE, async (socket, { endpoint }) => {
    const server = serverFor(endpoint)
    connections.add({ kind: 'sleeping', server, socket })
    sleep(server, socket)
  })
}

/** As if the server had accepted it. */
function accept(server: HttpServer, socket: net.Socket): void {
  // As a server of `http` has it, where a client may end its side and still gets its answers.
  socket.allowHalfOpen = true
  countAsAccepted(server, socket)
  server.emit('connection', socket)
}

/**
 * Keeps a connection from its server until something comes: that would give its client the time for a first request only, and answer 408
 * to one that is merely idle.
 */
function sleep(server: HttpServer, socket: net.Socket): void {
  const ignore = () => undefined
  const close = () => void socket.destroy()
  const wake = () => {
    const first = socket.read() as Buffer | null
    if (!first) return
    socket.off('readable', wake).off('end', close).off('timeout', close).off('error', ignore).setTimeout(0)
    socket.unshift(first)
    accept(server, socket)
  }
  socket.on('readable', wake).on('end', close).on('error', ignore)
  const { keepAliveTimeout = 0, keepAliveTimeoutBuffer = BUFFER_MS } = server
  if (keepAliveTimeout > 0) socket.setTimeout(keepAliveTimeout + keepAliveTimeoutBuffer, close)
}
