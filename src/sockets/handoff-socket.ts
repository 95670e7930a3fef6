import type { Socket } from 'node:net'
import { BeamDeployError } from '../errors.ts'
import { peerHandle } from '../peer/handle.ts'
import { packedFromText } from '../rpc/packed-text.ts'
import { unpack } from '../rpc/values.ts'
import { moveSocket } from './move-socket.ts'
import { until } from './until.ts'

/** What goes with a socket: `kind` names the handler that takes it, all else is the application's. */
export interface SocketMeta {
  /** As given to {@link onSocket} in the other release. */
  kind: string
  /** Anything that `structuredClone` takes. */
  [key: string]: unknown
}

/**
 * Moves an open TCP connection to the peer that takes the place of this one: the client notices nothing. Waits until what was written to it has been
 * sent, stops reading, and takes along what is in its readable buffer. When the promise resolves the connection is the other peer's: this copy of the socket is
 * closed, without its listeners, so that the application hears neither `end` nor `close`. Call it in {@link onDrain}; there is nobody to take a
 * socket before.
 *
 * Do not write to the socket while the promise is pending. What the application itself has read and not yet made use of (half a line) belongs into `meta`.
 *
 * @param socket of `node:net`, and open in both directions.
 * @param meta `kind`, and whatever the handler in the new release needs to go on.
 * @throws {BeamDeployError} `socket_not_adopted`: the other peer has no handler of that kind, its handler threw, or there is no such peer (as where BeamDeploy is not
 *   enabled). `socket_not_movable`: TLS, a socket that is closing, one with `setEncoding()`. `not_cloneable`, for `meta`. The socket stays
 *   here, and reads on.
 *
 * @example
 * ```js
 * import { createServer } from 'node:net'
 * import { handoffSocket, onDrain, onSocket } from 'beam-deploy'
 *
 * const players = new Map()
 * const serve = (socket, player) => {
 *   players.set(socket, player)
 *   socket.on('data', chunk => (player.received += chunk.length))
 *   socket.on('error', () => {})
 *   socket.on('close', () => players.delete(socket))
 * }
 * createServer(socket => serve(socket, { received: 0 })).listen(4000)
 *
 * onSocket('player', (socket, { player }) => serve(socket, player))
 * onDrain(async () => {
 *   for (const [socket, player] of players) {
 *     await handoffSocket(socket, { kind: 'player', player }).catch(() => socket.end())
 *     players.delete(socket)
 *   }
 * })
 * ```
 */
export async function handoffSocket(socket: Socket, meta: SocketMeta): Promise<void> {
  const peer = peerHandle()
  if (!peer?.sockets || !peer.drains) throw notAdopted('no other process takes the place of this one')
  refuseImmovable(socket)
  const signal = peer.drains.current()?.signal
  if (!signal) throw notAdopted('no other peer takes the place of this one yet. Call it in onDrain()')
  const isFlushed = await until(() => socket.writableLength === 0 || socket.destroyed, signal)
  refuseImmovable(socket)
  if (!isFlushed) throw notAdopted('its client has not taken in time what was written to it')
  const outcome = await moveSocket(socket, peer.sockets, {
    kind: applicationKind(meta.kind),
    meta: { meta, allowHalfOpen: socket.allowHalfOpen } satisfies OnItsWay,
    metaLabel: `what handoffSocket() was given for ${meta.kind}`,
  })
  if (!outcome.taken) throw notAdopted(outcome.reason)
}

/**
 * Takes the connections of a kind that the peer before this one hands over with {@link handoffSocket}. The socket goes on exactly where it
 * stopped there: the first thing that is read is what that one had not read. Nothing is read before the handler has ended; when it throws, or rejects, the connection
 * stays with the other peer. From then on it counts as one of this peer's, is waited for when this one drains, and can be handed on.
 *
 * @param kind as given to {@link handoffSocket}. A later handler takes the place of an earlier one.
 * @param handler is given the socket, and what `handoffSocket` was given.
 *
 * @example
 * ```js
 * import { onSocket } from 'beam-deploy'
 *
 * onSocket('player', (socket, { name }) => {
 *   socket.on('data', chunk => console.log(name, chunk.length))
 *   socket.on('error', () => {})
 * })
 * ```
 */
export function onSocket<Meta extends object = Record<string, unknown>>(
  kind: string,
  handler: (socket: Socket, meta: Meta & SocketMeta) => unknown,
): void {
  peerHandle()?.sockets?.receive(applicationKind(kind), 'raw', async (socket, packed) => {
    const { meta, allowHalfOpen } = unpack(packedFromText(packed)) as OnItsWay
    socket.allowHalfOpen = allowHalfOpen
    await handler(socket, meta as Meta & SocketMeta)
  })
}

interface OnItsWay {
  meta: SocketMeta
  /** As the server had it that accepted it. */
  allowHalfOpen: boolean
}

/** Apart from those of this package. */
const applicationKind = (kind: string) => `application:${kind}`

/** The decoder of a socket with an encoding keeps the bytes of half a character to itself, and nothing public gives them back. */
function refuseImmovable(socket: Socket & { encrypted?: boolean }): void {
  if (socket.encrypted) throw notMovable('it is encrypted, and its keys cannot move')
  if (socket.destroyed || !socket.writable || socket.connecting)
    throw notMovable('it is not open in both directions')
  if (socket.readableEncoding !== null)
    throw notMovable(
      'it has an encoding, whose decoder may keep half a character. Leave out setEncoding(), and use a `StringDecoder` of your own',
    )
}

const notMovable = (why: string) =>
  new BeamDeployError('socket_not_movable', `handoffSocket(): the socket cannot move: ${why}.`, {
    phase: 'drain',
  })

const notAdopted = (why: string) =>
  new BeamDeployError('socket_not_adopted', `handoffSocket(): the socket stays here: ${why}.`, {
    phase: 'drain',
  })
