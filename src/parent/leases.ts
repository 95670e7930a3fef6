import { now } from '../clock.ts'
import type { LeaseSummary } from '../rpc/contracts.ts'
import { type LeaseParentFunctions, leaseNote } from '../rpc/lease-contracts.ts'
import { allOf, type Generations } from './generations.ts'
import type { LeasePeer, PeerClaim } from './lease-claims.ts'
import { type HoldingParts, leaseHolding } from './lease-holding.ts'
import { describeLeases } from './lease-summary.ts'
import { createLeaseTable, type LeaseEnd } from './lease-table.ts'
import { watchLeftLeases } from './left-leases.ts'
import { noteOf } from './orphans.ts'

/** The leases of an application: each is held by one peer of the active generation at most. */
export interface Leases {
  /** For a peer that is started. */
  join(generation: number, slot: number): LeaseMember
  /** Which generation is active has changed. */
  refresh(): void
  describe(): LeaseSummary[]
}

export interface LeaseMember {
  /** What its process may ask for. */
  functions: LeaseParentFunctions
  /** The names of those that it has asked for. */
  asked(): string[]
  /** Before its process can have asked for anything. */
  attach(peer: LeasePeer): void
}

export interface LeasesParts extends HoldingParts {
  stateDir: string
  generations(): Generations
}

export function createLeases(parts: LeasesParts): Leases {
  const { generations, stateDir } = parts
  const holding = leaseHolding(parts)
  const lives = (number: number) => allOf(generations()).some(generation => generation.number === number)
  const activeOf = ({ generation }: PeerClaim) => {
    const { active } = generations()
    return active?.number === generation ? active : null
  }
  const mayHold = (claim: PeerClaim) => claim.peer.state.state === 'serving' && activeOf(claim) !== null

  const table = createLeaseTable<PeerClaim>({
    mayHold,
    grant: claim => {
      const active = activeOf(claim)
      if (!active || !holding.begin(claim, active.release)) return false
      claim.peer.tellLease(claim.number, 'granted')
      return true
    },
    revoke: claim => {
      holding.leave(claim)
      claim.peer.tellLease(claim.number, 'revoked')
    },
    over: claim => claim.peer.tellLease(claim.number, 'over'),
    later: (ms, next) => void setTimeout(next, ms).unref(),
  })
  const left = watchLeftLeases({ ...parts, block: table.block })

  function end(claim: PeerClaim, outcome: LeaseEnd, failure?: string): void {
    holding.end(claim, outcome, failure)
    table.end(claim, outcome)
  }

  /** One that was started again in the place of a crashed one asks while it boots: it may hold leases when it serves. */
  function watch(claim: PeerClaim): void {
    if (mayHold(claim)) return
    void activeOf(claim)
      ?.whenServing(claim.slot)
      .then(() => table.refresh(lives))
  }

  return {
    join: (generation, slot) => {
      const claims = new Map<number, PeerClaim>()
      const peerNote = noteOf(stateDir, `${generation}.${slot}`)
      let peer: LeasePeer | null = null
      const functions: LeaseParentFunctions = {
        askLease: (number, name, terms) => {
          // What a process has said before its end may still arrive after it.
          if (!peer) return
          const note = leaseNote(peerNote, number)
          const who = { name, generation, slot, peer, number, terms, note }
          const claim: PeerClaim = { ...who, waitsSince: now(), held: null }
          claims.set(number, claim)
          table.ask(claim)
          watch(claim)
        },
        leavesLease: number => {
          const claim = claims.get(number)
          if (!claim) return
          holding.leave(claim)
          table.leaves(claim)
        },
        endLease: (number, { outcome, ...why }) => {
          const claim = claims.get(number)
          if (!claim) return
          if (outcome === 'done' || outcome === 'released') claims.delete(number)
          end(claim, outcome, 'failure' in why ? why.failure : undefined)
        },
      }
      return {
        functions,
        asked: () => [...claims.values()].map(({ name }) => name),
        attach: joined => {
          peer = joined
          void joined.exited.then(() => {
            peer = null
            for (const claim of claims.values()) end(claim, 'gone')
            claims.clear()
          })
        },
      }
    },
    refresh: () => {
      table.refresh(lives)
      for (const { claims } of table.describe()) for (const claim of claims) watch(claim)
    },
    describe: () => describeLeases(table.describe(), left.list()),
  }
}
