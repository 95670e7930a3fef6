import type { ReleaseSummary } from '../rpc/contracts.ts'
import type { LeaseTerms } from '../rpc/lease-contracts.ts'
import type { LeaseClaim } from './lease-table.ts'
import type { PeerProcess } from './peer-types.ts'

/** A process that may hold leases. */
export type LeasePeer = Pick<PeerProcess, 'id' | 'pid' | 'state' | 'exited' | 'kill' | 'tellLease'>

/** A wish of one peer, as the parent keeps it. */
export interface PeerClaim extends LeaseClaim {
  readonly peer: LeasePeer
  /** As its process numbers it. */
  readonly number: number
  readonly terms: LeaseTerms
  /** Where the note stands while it holds its lease. */
  readonly note: string
  /** Since when it waits, on the clock of `now()`. */
  waitsSince: number
  /** While it holds its lease. */
  held: {
    since: number
    release: ReleaseSummary
    /** Since it was told to let go. */
    leaving: { since: number; timer: NodeJS.Timeout | undefined } | null
  } | null
}
