import { now } from '../clock.ts'
import type { LeaseStatus, LeaseSummary } from '../rpc/contracts.ts'
import type { PeerClaim } from './lease-claims.ts'
import type { LeftLease } from './lease-notes.ts'
import type { LeasePlace } from './lease-table.ts'

/** Leases as `status` shows them, in the order of their names. */
export function describeLeases(
  places: readonly LeasePlace<PeerClaim>[],
  left: readonly LeftLease[],
): LeaseSummary[] {
  return places
    .map(place => ({
      name: place.name,
      ...statusOf(
        place,
        left.find(({ name }) => name === place.name),
      ),
      waiting: [...place.claims]
        .filter(claim => claim !== place.holder?.claim)
        .map(({ peer }) => peer.id)
        .sort(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function statusOf({ holder, claims }: LeasePlace<PeerClaim>, left: LeftLease | undefined): LeaseStatus {
  if (holder?.claim.held) {
    const { peer, generation, held } = holder.claim
    const at = now()
    const who = { peer: peer.id, pid: peer.pid, generation, heldMs: Math.round(at - held.since) }
    return held.leaving
      ? { state: 'releasing', ...who, releasingMs: Math.round(at - held.leaving.since) }
      : { state: 'held', ...who }
  }
  if (left) return { state: 'left', peer: left.peer, pid: left.pid }
  return { state: claims.size > 0 ? 'free' : 'done' }
}
