import type { ServerResponse } from 'node:http'
import net from 'node:net'
import { holdReading } from '../rpc/hold-reading.ts'
import type { TransferOutcome } from '../rpc/transfer.ts'
import { type Connection, type Connections, isAnswering } from './connections.ts'
import { type HttpServer, idleOf } from './idle.ts'

/** How many are on their way at once: a client whose connection is must wait until it has come. */
const UNDER_WAY = 16
/** How often a connection may have begun its next request when its last was answered, before it is told to close. */
const TRIES = 5

/** An HTTP/1.1 connection of this peer that another may go on with. */
type Movable = Connection & { kind: 'http1' | 'sleeping' }

/** Where connections can go. */
export interface Moves {
  /** Whether there is a place for the connections of a server. */
  isServed(server: net.Server): boolean
  move(connection: Movable): Promise<TransferOutcome>
  isUnderWay(socket: net.Socket): boolean
}

/** The connections of a peer that drains, on their way to the one that serves. */
export interface Moving {
  /** Whether it will be moved: it is not to be told to close. Called for each connection when it drains, and for each request. */
  expects(connection: Connection): boolean
  isUnderWay(connection: Connection): boolean
  /** Moves what has become idle. */
  sweep(): void
  /** Moves no more. */
  stop(): void
}

/**
 * Moves each connection when nothing of a request is here: the idle ones at once, others when their last answer has gone. Then reading is held
 * in the same tick, so that the next request waits in the kernel for whoever comes.
 */
export function moveConnections(connections: Connections, { isServed, move, isUnderWay }: Moves): Moving {
  /** Those that have to be closed: they were not taken, or never idle. */
  const stuck = new WeakSet<net.Socket>()
  const tries = new WeakMap<net.Socket, number>()
  const watched = new WeakSet<ServerResponse>()
  const held = new Map<net.Socket, () => void>()
  let underWay = 0
  /** Wait for their turn; the held ones go first. */
  let waiting: { connection: Movable; bytesRead: number }[] = []
  let search: NodeJS.Immediate | null = null
  let stopped = false

  const isMovable = (connection: Connection): connection is Movable =>
    !stopped &&
    (connection.kind === 'http1' || connection.kind === 'sleeping') &&
    connection.socket instanceof net.Socket &&
    !('encrypted' in connection.socket) &&
    !stuck.has(connection.socket) &&
    isServed(connection.server)

  const isQuiet = (connection: Movable) =>
    !isAnswering(connection) &&
    !isUnderWay(connection.socket) &&
    connection.socket.writable &&
    connection.socket.writableLength === 0 &&
    connection.socket.readableLength === 0

  function hold({ socket }: Movable): void {
    if (!held.has(socket)) held.set(socket, holdReading(socket))
  }

  function letGo(socket: net.Socket): void {
    held.get(socket)?.()
    held.delete(socket)
  }

  function searchSoon(): void {
    search ??= setImmediate(() => {
      search = null
      findIdle()
    })
  }

  function watch(connection: Movable): void {
    const exchange = exchangeOn(connection)
    if (!exchange || exchange.writableFinished || watched.has(exchange)) return
    watched.add(exchange)
    exchange.once('finish', () => answered(connection))
    // When the whole of what has come is parsed, it is known whether the client has sent more than one request.
    process.nextTick(holdPipeline, connection)
  }

  /** The newest request waits for an answer before its own: the client does not wait, so that there would be no end of it. */
  function holdPipeline(connection: Movable): void {
    const exchange = exchangeOn(connection)
    if (!isAnswering(connection) || !isMovable(connection)) return
    if (exchange && exchange.socket === null && exchange.req.complete) hold(connection)
  }

  function answered(connection: Movable): void {
    if (!isMovable(connection)) return
    if (isAnswering(connection)) {
      holdPipeline(connection)
      return
    }
    if (!connection.socket.writable) return
    // Where there is no room it is served on, and moved when it is idle, or after its next answer.
    if (!held.has(connection.socket) && underWay + waiting.length >= UNDER_WAY) return
    hold(connection)
    searchSoon()
  }

  function findIdle(): void {
    const all = [...connections]
    const idle = idleAmong(all, all.filter(isMovable).filter(isQuiet))
    waiting = []
    for (const connection of all) {
      if (connection.kind !== 'http1' && connection.kind !== 'sleeping') continue
      if (idle.has(connection.socket)) waiting.push({ connection, bytesRead: connection.socket.bytesRead })
      else if (!isAnswering(connection) && !isUnderWay(connection.socket)) letGoUntilNext(connection.socket)
    }
    waiting.sort((a, b) => Number(held.has(b.connection.socket)) - Number(held.has(a.connection.socket)))
    fill()
  }

  /** Of a request that was not answered yet, something has come already. */
  function letGoUntilNext(socket: net.Socket): void {
    if (!held.has(socket)) return
    letGo(socket)
    const count = (tries.get(socket) ?? 0) + 1
    tries.set(socket, count)
    if (count === TRIES) stuck.add(socket)
  }

  function fill(): void {
    while (underWay < UNDER_WAY) {
      const next = waiting.shift()
      if (!next) return
      const { connection, bytesRead } = next
      const { socket } = connection
      if (!isMovable(connection)) letGo(socket)
      else if (isQuiet(connection) && socket.bytesRead === bytesRead) void start(connection)
    }
  }

  async function start(connection: Movable): Promise<void> {
    const { socket } = connection
    hold(connection)
    underWay += 1
    const outcome = await move(connection)
    underWay -= 1
    if (!outcome.taken) stuck.add(socket)
    letGo(socket)
    fill()
  }

  return {
    expects: connection => {
      if (!isMovable(connection)) return false
      watch(connection)
      return true
    },
    isUnderWay: connection => 'socket' in connection && isUnderWay(connection.socket),
    sweep: () => {
      if (!stopped && waiting.length === 0) findIdle()
    },
    stop: () => {
      stopped = true
      if (search) clearImmediate(search)
      for (const socket of held.keys()) if (!isUnderWay(socket)) letGo(socket)
    },
  }
}

const exchangeOn = (connection: Movable) => (connection.kind === 'http1' ? connection.exchange : null)

/** Of `quiet` connections, those of whose next request nothing has come. `all`: what else the same servers have. */
function idleAmong(all: readonly Connection[], quiet: readonly Movable[]): Set<net.Socket> {
  const idle = new Set<net.Socket>()
  for (const server of new Set(quiet.map(connection => connection.server))) {
    const sockets = all.flatMap(connection =>
      connection.server === server && 'socket' in connection ? connection.socket : [],
    )
    const found = idleOf(server as HttpServer, sockets)
    for (const { kind, socket, server: own } of quiet) {
      // One that is new has no request either, but Node.js has begun to wait for its first.
      if (own === server && (kind === 'sleeping' || socket.bytesRead === 0 || found.has(socket)))
        idle.add(socket)
    }
  }
  return idle
}
