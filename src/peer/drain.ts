import type net from 'node:net'
import { now } from '../clock.ts'
import { type Connection, type Connections, isAnswering } from './connections.ts'
import { endSession } from './end-session.ts'
import type { Moving } from './moving.ts'

/** How long a client may keep a connection silent before it is closed, where the server sets no `keepAliveTimeout`. */
const DEFAULT_SILENCE_MS = 5_000
/** As Node.js adds to `keepAliveTimeout`, so that a client that keeps to the announced time never meets the close. */
const SILENCE_BUFFER_MS = 1_000
const SWEEP_MS = 100

export interface DrainOptions {
  /** Ends the wait, whatever is still open. */
  signal: AbortSignal
  /** Ends all of it, and nothing that is open: this peer serves again. Sessions of HTTP/2 that are being ended still are. */
  givenUp?: AbortSignal
  /** Whether upgraded connections (WebSocket) are waited for, or left to the application's own stop. */
  awaitUpgraded: boolean
  /** Has connections go on in another peer; `null` where none serves in the place of this one. */
  moving?: Moving | null
}

/**
 * Lets every accepted connection have its answers, and resolves when none is left that must be waited for. HTTP/1.1
 * connections go to the next peer, where one takes them. Another that is idle is not closed at once: the client may have
 * sent its next request already, which a close would answer with a reset. That request is answered with
 * `Connection: close`; a connection that stays silent for its keep-alive time is closed.
 */
export function drain(
  connections: Connections,
  { signal, givenUp, awaitUpgraded, moving = null }: DrainOptions,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const silence = new Map<Connection, { bytesRead: number; since: number }>()

  const isAwaited = (connection: Connection) => awaitUpgraded || connection.kind !== 'upgraded'
  const check = () => {
    for (const connection of connections) if (isAwaited(connection)) return
    finish()
  }
  const finish = () => {
    clearInterval(timer)
    signal.removeEventListener('abort', finish)
    moving?.stop()
    resolve()
  }
  const timer = setInterval(() => {
    moving?.sweep()
    for (const connection of connections)
      if (!moving?.isUnderWay(connection)) endIfSilent(connection, silence)
    check()
  }, SWEEP_MS)
  signal.addEventListener('abort', finish, { once: true })
  const giveUp = () => {
    finish()
    connections.subscribe(null)
  }
  givenUp?.addEventListener('abort', giveUp, { once: true })
  const begin = (connection: Connection) => {
    if (!moving?.expects(connection)) beginDrain(connection, signal)
  }

  connections.subscribe({
    opened: begin,
    closed: connection => {
      silence.delete(connection)
      check()
    },
    request: connection => {
      if (!moving?.expects(connection)) announceClose(connection)
    },
  })
  for (const connection of connections) begin(connection)
  moving?.sweep()
  check()
  return promise
}

function beginDrain(connection: Connection, signal: AbortSignal): void {
  if (connection.kind === 'http2')
    endSession(connection, { silenceMs: silenceLimit(connection.server), signal })
  if (connection.kind === 'http1' && isAnswering(connection)) announceClose(connection)
}

/** Tells the client on its response that the connection ends with it. */
function announceClose({ exchange }: Connection & { kind: 'http1' }): void {
  if (exchange && !exchange.headersSent) exchange.setHeader('Connection', 'close')
}

function endIfSilent(
  connection: Connection,
  silence: Map<Connection, { bytesRead: number; since: number }>,
): void {
  const { kind } = connection
  if (kind !== 'http1' && kind !== 'sleeping' && kind !== 'handshake') return
  if (isAnswering(connection)) {
    silence.delete(connection)
    return
  }
  const { socket } = connection
  const seen = silence.get(connection)
  if (!seen || seen.bytesRead !== socket.bytesRead) {
    silence.set(connection, { bytesRead: socket.bytesRead, since: now() })
    return
  }
  const limit = silenceLimit(connection.server)
  const silentFor = now() - seen.since
  if (silentFor > limit && !socket.writableEnded) socket.end()
  if (silentFor > limit + SILENCE_BUFFER_MS) socket.destroy()
}

function silenceLimit(server: net.Server): number {
  const { keepAliveTimeout } = server as net.Server & { keepAliveTimeout?: number }
  return (keepAliveTimeout || DEFAULT_SILENCE_MS) + SILENCE_BUFFER_MS
}
