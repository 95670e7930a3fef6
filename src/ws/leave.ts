import type { IncomingMessage } from 'node:http'
import { messageOf } from '../errors.ts'
import type { PeerSockets } from '../rpc/socket-contracts.ts'
import { moveSocket } from '../sockets/move-socket.ts'
import { until } from '../sockets/until.ts'
import { kindOf, type Operation, type SavedRequest, type SavedWebSocket } from './contract.ts'
import { deliveryOf, isForClient } from './operations.ts'
import { isOpen, isQuiet, type Tracked, whyImmovable } from './track.ts'

/** More than this of a message that is not whole is not sent along: its end is waited for. */
const MOST_BEGUN_BYTES = 2 ** 20

/** What became of a WebSocket that was to move: `ended` by itself, or it stays, and why. */
export type Left =
  /** `along`: what had waited, and has gone along. */
  | { left: 'moved'; along: readonly Operation[] }
  | { left: 'ended' }
  | { left: 'stays'; why: string; wasSaved: boolean }

export interface Leaving {
  name: string
  sockets: PeerSockets
  signal: AbortSignal
  save(tracked: Tracked): unknown
}

const stays = (why: string, wasSaved = false): Left => ({ left: 'stays', why, wasSaved })

/**
 * Moves a WebSocket, with what its client has begun to send. Until it is elsewhere, what the application sends waits; where it stays, it goes on as if nothing had been.
 * Where it moves, its gate is still held, for the caller to say what becomes of what waits.
 */
export async function leave(tracked: Tracked, leaving: Leaving): Promise<Left> {
  const { frames, gate } = tracked
  const { signal } = leaving
  if (!isOpen(tracked)) return { left: 'ended' }
  const immovable = whyImmovable(tracked)
  if (immovable !== null) return stays(immovable)
  // One that is just coming is held, until the application has it.
  const isReadyToHold = () => !gate.isHeld() && frames.begunBytes() <= MOST_BEGUN_BYTES
  await until(() => isReadyToHold() || !isOpen(tracked), signal)
  gate.hold()
  let left: Left
  try {
    const isReady = await until(() => isQuiet(tracked) || !isOpen(tracked), signal)
    if (!isOpen(tracked)) left = { left: 'ended' }
    else if (!isReady) left = stays('its client has not taken in time what was sent to it')
    else left = await send(tracked, leaving)
  } catch (error) {
    left = stays(messageOf(error))
  }
  if (left.left !== 'moved') gate.release()
  return left
}

async function send(tracked: Tracked, { name, sockets, save }: Leaving): Promise<Left> {
  const { id, request, agreed, frames, gate } = tracked
  const saved = save(tracked)
  // Only where it must: until the next turn the application may have done more, which the state knows nothing of.
  const state = saved instanceof Promise ? await saved : saved
  const along = gate.waiting().filter(isForClient)
  const waiting = await Promise.all(along.map(operation => deliveryOf(id, operation)))
  // Let go meanwhile: the application stops.
  if (!isOpen(tracked) || !gate.isHeld()) return { left: 'ended' }
  try {
    const outcome = await moveSocket(request.socket, sockets, {
      kind: kindOf(name),
      meta: { id, request: savedRequest(request), agreed: agreed(), state, waiting } satisfies SavedWebSocket,
      metaLabel: `what save() returned for a WebSocket of ${name}`,
      before: frames.begun(),
    })
    return outcome.taken ? { left: 'moved', along } : stays(outcome.reason, true)
  } catch (error) {
    return stays(messageOf(error), true)
  }
}

const savedRequest = (request: IncomingMessage): SavedRequest => ({
  method: request.method,
  url: request.url,
  httpVersion: request.httpVersion,
  headers: { ...request.headers },
  rawHeaders: [...request.rawHeaders],
})
