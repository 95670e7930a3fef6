import { now } from '../clock.ts'
import type { Remote } from '../rpc/exchange-contracts.ts'
import type { PeerFunctions } from '../rpc/peer-contracts.ts'
import type { PeerProcess, PeerState } from './peer-types.ts'
import { withinReason } from './within-reason.ts'

/** Has a peer stand aside, and come back. `change` sets its state, unless it has ended meanwhile. */
export function parkingOf(
  peer: Remote<Pick<PeerFunctions, 'park' | 'unpark'>>,
  state: () => PeerState['state'],
  change: (next: PeerState) => void,
): Pick<PeerProcess, 'park' | 'unpark'> {
  return {
    park: async () => {
      if (state() !== 'serving') return false
      change({ state: 'parked', since: now() })
      // One that is busy will have read it before anything that it is told later.
      if ((await withinReason(peer.park())) !== false) return state() === 'parked'
      if (state() === 'parked') change({ state: 'serving' })
      return false
    },
    unpark: async () => {
      if (state() !== 'parked' || !(await withinReason(peer.unpark())) || state() !== 'parked') return false
      change({ state: 'serving' })
      return true
    },
  }
}
