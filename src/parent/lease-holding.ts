import { MAX_TIMER_MS, now } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Publish } from './events.ts'
import type { PeerClaim } from './lease-claims.ts'
import { removeLeaseNote, writeLeaseNote } from './lease-notes.ts'
import type { LeaseEnd } from './lease-table.ts'
import type { Logger } from './logger.ts'
import type { ParentSettings } from './settings.ts'
import { summaryOf } from './summary.ts'

/** What goes with holding a lease: the note on disk, events, and the patience with work that does not let go. */
export interface LeaseHolding {
  /** `false` where it could not be written down: then a parent that takes the place of this one would give it to somebody else. */
  begin(claim: PeerClaim, release: Release): boolean
  /** It has been told to let go. */
  leave(claim: PeerClaim): void
  end(claim: PeerClaim, outcome: LeaseEnd, failure?: string): void
}

export interface HoldingParts {
  publish: Publish
  logger: Logger
  timeoutsOf: ParentSettings['timeoutsOf']
}

export function leaseHolding({ publish, logger, timeoutsOf }: HoldingParts): LeaseHolding {
  const factsOf = ({ name, generation, slot, peer: { pid } }: PeerClaim) => ({ name, generation, slot, pid })

  function late(claim: PeerClaim): void {
    const { name, peer, terms } = claim
    const who = `peer ${peer.id} (process ${peer.pid}) has not let go of the lease ${JSON.stringify(name)} for ${terms.releaseTimeout} ms`
    logger.warn(terms.kill ? `${who}; it is killed` : `${who}; nobody else gets it before`)
    if (terms.kill) void peer.kill()
  }

  return {
    begin: (claim, release) => {
      const { name, peer, note } = claim
      try {
        const limit = timeoutsOf(release).shutdownTimeout
        const shutdownTimeout = Number.isFinite(limit) ? limit : null
        writeLeaseNote(note, { name, peer: peer.id, pid: peer.pid, shutdownTimeout })
      } catch (error) {
        logger.error(`the lease ${JSON.stringify(name)} is not given to anybody for now: ${messageOf(error)}`)
        return false
      }
      const since = now()
      const summary = summaryOf(release)
      claim.held = { since, release: summary, leaving: null }
      const waitedMs = Math.round(since - claim.waitsSince)
      publish('beam-deploy:lease:granted', { ...factsOf(claim), release: summary, waitedMs })
      return true
    },
    leave: claim => {
      if (!claim.held || claim.held.leaving) return
      const { releaseTimeout } = claim.terms
      const isLimited = releaseTimeout !== null && releaseTimeout <= MAX_TIMER_MS
      const timer = isLimited ? setTimeout(late, releaseTimeout, claim).unref() : undefined
      claim.held.leaving = { since: now(), timer }
    },
    end: (claim, outcome, failure) => {
      const { held, name, peer } = claim
      if (!held) return
      claim.held = null
      claim.waitsSince = now()
      clearTimeout(held.leaving?.timer)
      try {
        removeLeaseNote(claim.note)
      } catch (error) {
        logger.warn(`the note of the lease ${JSON.stringify(name)} could not be removed: ${messageOf(error)}`)
      }
      const durationMs = Math.round(now() - held.since)
      publish('beam-deploy:lease:released', { ...factsOf(claim), release: held.release, outcome, durationMs })
      if (failure === undefined) return
      const where = `the work of the lease ${JSON.stringify(name)} in peer ${peer.id}`
      if (outcome === 'failed') logger.warn(`${where} failed, and is begun again later: ${failure}`)
      else logger.warn(`${where} failed while it let go: ${failure}`)
    },
  }
}
