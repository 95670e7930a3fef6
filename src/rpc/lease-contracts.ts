import { basename, dirname, join } from 'node:path'

/** What a process wants a lease to be like. */
export interface LeaseTerms {
  /** Milliseconds that the work may take to let go; `null` for any time. */
  releaseTimeout: number | null
  /** Whether the process is killed after that; otherwise it is only told to people. */
  kill: boolean
}

/** Why a process does not hold a lease any more. */
export type LeaseOutcome =
  /** The work came to its end by itself. */
  | { outcome: 'done' }
  /** It was told to let go. `failure`: what it threw then. */
  | { outcome: 'moved'; failure?: string }
  /** The work threw. */
  | { outcome: 'failed'; failure: string }
  /** The process does not want it any more. */
  | { outcome: 'released'; failure?: string }

/**
 * What the parent offers a peer for leases, on the wire of the application's values. All of it is told, never called: what is told
 * in one direction arrives in its order. `claim` is a number of that process, one for each call of `lease()`.
 */
export interface LeaseParentFunctions {
  /** Wants the lease of that name, whenever it may have it. */
  askLease(claim: number, name: string, terms: LeaseTerms): void
  /** Has told the work to let go, by itself. */
  leavesLease(claim: number): void
  /** Holds it no longer. With `done` and `released` it does not want it again either. */
  endLease(claim: number, outcome: LeaseOutcome): void
}

/** `granted`: it holds the lease; `revoked`: it is to let go; `over`: the work is done, by another process. */
export type LeaseNews = 'granted' | 'revoked' | 'over'

/** What a peer offers the parent for leases, on the same wire. */
export interface LeaseFunctions {
  lease(claim: number, news: LeaseNews): void
}

/** The folder of notes about who holds leases. */
export const leaseNotesFolder = (stateDir: string): string => join(stateDir, 'leases')

/**
 * A file that is there while a peer holds a lease: a parent that takes the place of one that was killed does not grant it to another until then.
 *
 * @param note that of the peer.
 */
export const leaseNote = (note: string, claim: number): string =>
  join(leaseNotesFolder(dirname(dirname(note))), `${basename(note)}-${claim}`)
