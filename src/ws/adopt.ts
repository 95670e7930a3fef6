import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocketServer } from 'ws'
import type { PackedText } from '../rpc/hot-contracts.ts'
import { packedFromText } from '../rpc/packed-text.ts'
import { unpack } from '../rpc/values.ts'
import { answerAgain, requestOn } from './answer-again.ts'
import type { SavedWebSocket } from './contract.ts'
import { deliver } from './deliveries.ts'
import type { Tracked, Tracking } from './track.ts'

/** Gives a WebSocket that has come to the application. */
export type Restore = (tracked: Tracked, state: unknown, request: IncomingMessage) => unknown

/**
 * Makes a WebSocket of a socket that was one in another peer. Nothing is read from it, and nothing is sent on it, before `restore` has ended; a failure leaves the
 * connection with the other peer.
 */
export async function adopt(
  wss: WebSocketServer,
  tracking: Tracking,
  restore: Restore,
  socket: Socket,
  meta: PackedText,
): Promise<Tracked> {
  const { id, request: saved, agreed, state, waiting } = unpack(packedFromText(meta)) as SavedWebSocket
  const request = requestOn(socket, saved)
  const tracked = await answerAgain(wss, request, agreed, ws => {
    const taken = tracking.track(ws, request, id)
    taken?.gate.hold()
    return taken
  })
  if (!tracked) throw new Error('the WebSocketServer there has emitted no `headers`')
  for (const delivery of waiting) deliver(tracked, delivery)
  await restore(tracked, state, request)
  tracked.gate.release()
  return tracked
}
