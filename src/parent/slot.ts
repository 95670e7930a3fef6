import { now } from '../clock.ts'
import type { Release } from '../release/release.ts'
import type { PeerSummary } from '../rpc/contracts.ts'
import type { PeerProcess } from './peer-types.ts'
import { summaryOf } from './summary.ts'

/** What stands in one slot of a generation. */
export type Slot =
  | { kind: 'peer'; peer: PeerProcess }
  /** Its peer crashed; the next is about to be started. */
  | { kind: 'restarting'; attempt: number }

/** Where a slot is, and what runs there. */
export interface SlotPlace {
  /** Of the generation. */
  number: number
  slot: number
  release: Release
  /** The version of Node.js that its peers run on. */
  node: string
}

/** A slot as `status` shows it. */
export async function describeSlot(slot: Slot, at: SlotPlace): Promise<PeerSummary> {
  const { number, node } = at
  const place = { slot: at.slot, generation: number, release: summaryOf(at.release), node }
  if (slot.kind === 'restarting') {
    return { id: `${number}.${at.slot}`, pid: null, ...place, state: 'restarting', restarts: slot.attempt }
  }
  const { peer } = slot
  const who = { id: peer.id, pid: peer.pid, ...place }
  switch (peer.state.state) {
    case 'booting':
    case 'ready':
      return { ...who, state: peer.state.state }
    case 'serving':
      return { ...who, state: 'serving', ...(await loadOf(peer)) }
    case 'parked': {
      const ageMs = Math.round(now() - peer.state.since)
      return { ...who, state: 'parked', ...(await loadOf(peer)), ageMs }
    }
    case 'draining': {
      const { since, deadline } = peer.state
      const left = deadline - now()
      const facts = { deadlineMs: left === Infinity ? null : left, ageMs: Math.round(now() - since) }
      return { ...who, state: 'draining', ...(await loadOf(peer)), ...facts }
    }
    case 'exited':
      return { ...who, pid: null, state: 'restarting', restarts: 0 }
    default: {
      const unreachable: never = peer.state
      throw new Error(`unknown peer state ${JSON.stringify(unreachable)}`)
    }
  }
}

async function loadOf(peer: PeerProcess) {
  const [load, hot] = await Promise.all([peer.load(), peer.hot.summary()])
  return { load, hot }
}
