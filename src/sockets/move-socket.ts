import type { Socket } from 'node:net'
import { packedAsText } from '../rpc/packed-text.ts'
import type { PeerSockets } from '../rpc/socket-contracts.ts'
import type { TransferOutcome } from '../rpc/transfer.ts'
import { pack } from '../rpc/values.ts'

export interface Move {
  kind: string
  meta: unknown
  /** Names the value in errors. */
  metaLabel: string
  /** Bytes that came before those in the readable buffer, and were not made use of. */
  before?: readonly Uint8Array[]
}

/**
 * Sends a socket with what stands in its readable buffer. Where it is refused it reads on, and has lost nothing: its listeners, and whether it
 * flows, are as before. What is written to it meanwhile is kept back, and written when it stays.
 *
 * @throws {BeamDeployError} `not_cloneable`; the socket is as it was.
 */
export async function moveSocket(socket: Socket, sockets: PeerSockets, move: Move): Promise<TransferOutcome> {
  const { kind, meta, metaLabel, before = [] } = move
  const packed = packedAsText(pack(meta, metaLabel))
  const isFlowing = socket.readableFlowing === true
  if (isFlowing) socket.pause()
  // Reading emits `data`, which the application is not to see: it goes along.
  const listeners = socket.rawListeners('data') as ((chunk: Buffer) => void)[]
  socket.removeAllListeners('data')
  // Never more than there is: that would emit `end`, and a socket that ends says so to its client.
  const unread: Buffer | null = socket.readableLength > 0 ? socket.read(socket.readableLength) : null
  const head = Buffer.concat(unread ? [...before, unread] : before)
  socket.cork()
  const outcome = await sockets.send(socket, {
    kind,
    meta: packed,
    ...(head.length > 0 && { head: head.toString('base64') }),
  })
  if (outcome.taken || socket.destroyed) return outcome
  if (unread) socket.unshift(unread)
  for (const listener of listeners) socket.on('data', listener)
  socket.uncork()
  if (isFlowing) socket.resume()
  return outcome
}
