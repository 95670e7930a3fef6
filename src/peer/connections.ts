import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type net from 'node:net'
import { now } from '../clock.ts'
import type { PeerLoad } from '../rpc/load.ts'
import { loadOf } from './load.ts'
import { isProbe } from './probe-mark.ts'

/** A connection on one of the peer's servers. What can be known of it differs by protocol. */
export type Connection =
  /** Came from another peer, and has sent nothing here yet: its server does not know of it. */
  | { kind: 'sleeping'; server: net.Server; socket: net.Socket }
  /** `exchange`: the newest response, begun at `since`; earlier ones of a pipeline always finish before it. */
  | { kind: 'http1'; server: net.Server; socket: net.Socket; exchange: Response | null; since: number }
  | { kind: 'http2'; server: net.Server; session: Http2Session; streams: Map<ServerHttp2Stream, Begun> }
  /** Left HTTP by `Upgrade` or `CONNECT`: it ends when the application or the client wants. */
  | { kind: 'upgraded'; server: net.Server | null; socket: net.Socket }
  /** Accepted by a TLS server, not yet known what it will be. */
  | { kind: 'handshake'; server: net.Server; socket: net.Socket }
  /** Not HTTP: the whole connection is one exchange. */
  | { kind: 'raw'; server: net.Server | null; socket: net.Socket }

type Response = ServerResponse<IncomingMessage>

/** A request on a stream, and when it came, on the clock of `now()`. */
export interface Begun {
  method: string | undefined
  path: string | undefined
  since: number
}

export interface ConnectionEvents {
  opened(connection: Connection): void
  closed(connection: Connection): void
  /** A request begins on a connection. Runs before the application sees it. */
  request(connection: Connection & { kind: 'http1' }): void
}

export interface Connections extends Iterable<Connection> {
  watch(server: net.Server): void
  /** A socket that the application took from another peer. */
  adopt(kind: 'raw' | 'upgraded', server: net.Server | null, socket: net.Socket): void
  /** The server that a connection counts for; `null` where none is known. */
  serverOf(socket: net.Socket): net.Server | null
  /** A socket that lives on in another peer. */
  forget(socket: net.Socket): void
  /** Keeps account of a connection that has come on its own way. */
  add(connection: Connection & { kind: 'sleeping' }): void
  load(): PeerLoad
  /** Who is told from now on; `null`: nobody. */
  subscribe(events: ConnectionEvents | null): void
}

/** Servers are told apart by their documented methods: importing `http`, `http2` and `tls` to ask would cost each boot. */
export const speaksHttp1 = (server: net.Server) => 'closeIdleConnections' in server
export const speaksHttp2 = (server: net.Server) => 'updateSettings' in server
export const speaksTls = (server: net.Server) => 'setSecureContext' in server

const http1 = (server: net.Server, socket: net.Socket): Connection & { kind: 'http1' } => ({
  kind: 'http1',
  server,
  socket,
  exchange: null,
  since: 0,
})

/** Whether a response is still owed on this connection. */
export function isAnswering(connection: Connection): boolean {
  return (
    connection.kind === 'http1' &&
    connection.exchange !== null &&
    !connection.exchange.writableFinished &&
    !connection.exchange.destroyed
  )
}

/** Keeps account of the open connections of servers. Before a drain it costs one map look-up per request, and one look at the clock. */
export function trackConnections(): Connections {
  const bySocket = new Map<net.Socket, Connection>()
  const sessions = new Set<Connection & { kind: 'http2' }>()
  let events: ConnectionEvents | null = null

  function open(connection: Exclude<Connection, { kind: 'http2' }>): void {
    const { socket } = connection
    if (isProbe(socket)) return
    bySocket.set(socket, connection)
    socket.once('close', () => forget(socket))
    events?.opened(connection)
  }

  function forget(socket: net.Socket): void {
    const last = bySocket.get(socket)
    if (bySocket.delete(socket) && last) events?.closed(last)
  }

  function watchPlain(server: net.Server): void {
    const kind = speaksHttp1(server) ? 'http1' : 'raw'
    server.prependListener('connection', socket => {
      open(kind === 'http1' ? http1(server, socket) : { kind, server, socket })
    })
  }

  function watchTls(server: net.Server): void {
    server.prependListener('connection', socket => open({ kind: 'handshake', server, socket }))
    server.prependListener('secureConnection', (socket: net.Socket & { alpnProtocol?: string | false }) => {
      endHandshake(server, socket)
      if (speaksHttp2(server) && socket.alpnProtocol === 'h2') return
      const isHttp1 = speaksHttp1(server) || speaksHttp2(server)
      open(isHttp1 ? http1(server, socket) : { kind: 'raw', server, socket })
    })
  }

  /** Nothing public leads from a TLS socket to the raw one below it; both name the same client port. */
  function endHandshake(server: net.Server, secure: net.Socket): void {
    for (const [socket, connection] of bySocket) {
      if (connection.kind !== 'handshake' || connection.server !== server) continue
      if (socket.remotePort !== secure.remotePort || socket.remoteAddress !== secure.remoteAddress) continue
      bySocket.delete(socket)
      return
    }
  }

  function watchHttp1(server: net.Server): void {
    const begin = (request: IncomingMessage, response: Response) => {
      const connection = bySocket.get(request.socket)
      if (connection?.kind !== 'http1') return
      connection.exchange = response
      connection.since = now()
      events?.request(connection)
    }
    const leave = (_request: IncomingMessage, socket: net.Socket) => {
      if (bySocket.has(socket)) bySocket.set(socket, { kind: 'upgraded', server, socket })
    }
    server.prependListener('request', begin)
    // Node.js asks whether these have listeners, so ours may only stand beside the application's.
    for (const event of ['checkContinue', 'checkExpectation']) listenAlongside(server, event, begin)
    for (const event of ['upgrade', 'connect']) listenAlongside(server, event, leave)
  }

  function watchHttp2(server: net.Server): void {
    server.prependListener('session', (session: Http2Session) => {
      if (isProbe(session.socket)) return
      // Plain HTTP/2 announced its socket before; the session stands for it from now on.
      for (const [socket, connection] of bySocket) {
        if (connection.server === server && connection.kind === 'raw' && sameClient(socket, session))
          bySocket.delete(socket)
      }
      const streams = new Map<ServerHttp2Stream, Begun>()
      const connection = { kind: 'http2', server, session, streams } as const
      session.on('stream', (stream: ServerHttp2Stream, headers) => {
        const { ':method': method, ':path': path } = headers
        streams.set(stream, { method, path, since: now() })
        stream.once('close', () => streams.delete(stream))
      })
      sessions.add(connection)
      session.once('close', () => {
        if (sessions.delete(connection)) events?.closed(connection)
      })
      events?.opened(connection)
    })
  }

  return {
    watch: server => {
      if (speaksTls(server)) watchTls(server)
      else watchPlain(server)
      if (speaksHttp1(server) || speaksHttp2(server)) watchHttp1(server)
      if (speaksHttp2(server)) watchHttp2(server)
    },
    adopt: (kind, server, socket) => open({ kind, server, socket }),
    serverOf: socket => bySocket.get(socket)?.server ?? null,
    forget,
    add: open,
    load: () => loadOf([...bySocket.values(), ...sessions]),
    subscribe: to => {
      events = to
    },
    *[Symbol.iterator]() {
      yield* bySocket.values()
      yield* sessions
    },
  }
}

function sameClient(socket: net.Socket, session: Http2Session): boolean {
  const other = session.socket
  return socket.remotePort === other?.remotePort && socket.remoteAddress === other?.remoteAddress
}

/** Has `listener` called before the application's listeners of `event`, and only while there are any. */
function listenAlongside<A extends unknown[]>(
  server: EventEmitter,
  event: string,
  listener: (...args: A) => void,
): void {
  const ours = listener as (...args: unknown[]) => void
  const attach = () => server.prependListener(event, ours)
  if (server.listenerCount(event) > 0) attach()
  server.on('newListener', (name, added) => {
    if (name === event && added !== ours && !server.listeners(event).includes(ours)) attach()
  })
  server.on('removeListener', name => {
    const left = server.listeners(event)
    if (name === event && left.length === 1 && left[0] === ours) server.removeListener(event, ours)
  })
}
