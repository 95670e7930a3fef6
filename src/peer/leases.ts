import { BeamDeployError } from '../errors.ts'
import type { LeaseFunctions, LeaseParentFunctions, LeaseTerms } from '../rpc/lease-contracts.ts'
import { type LeaseWork, runWork, type WorkOutcome } from './lease-work.ts'

/** Why a process will not hold a lease (again). */
export type LeaseEnding =
  /** Its work has come to its end, in this process or in another peer of its generation. */
  | 'done'
  /** `release()` was called. */
  | 'released'
  /** This process is about to end: its release was replaced, or it was told to stop, or its parent is gone. */
  | 'stopped'

/** A lease that this process has asked for. */
export interface Lease extends AsyncDisposable {
  readonly name: string
  /** Whether this process holds it now: from before its work begins until that has settled. */
  readonly held: boolean
  /** Resolves when this process does not hold the lease, and will not (again). Never rejects. */
  readonly ended: Promise<LeaseEnding>
  /** Gives it up, or does not want it any more; resolves when the work has settled. */
  release(): Promise<void>
}

/** The leases of one process. */
export interface Leases extends LeaseFunctions {
  /** Asks for one, and returns at once. Throws `lease_taken`. */
  ask(name: string, work: LeaseWork, terms: LeaseTerms): Lease
  /** This process is about to end: gives up all of them. Resolves when all work has settled, to whether there was any. */
  leave(): Promise<boolean>
  /** The names of those that this process holds. */
  held(): string[]
  /** The parent is gone. `letGo` is told of each claim that holds nothing, now or when its work has settled. */
  orphaned(letGo: (claim: number) => void): void
}

interface Claim {
  readonly number: number
  readonly name: string
  readonly work: LeaseWork
  readonly ended: PromiseWithResolvers<LeaseEnding>
  state:
    | { state: 'waiting' }
    /** `last`: it does not want the lease again, and why. */
    | {
        state: 'held'
        controller: AbortController
        settled: Promise<void>
        last: Exclude<LeaseEnding, 'done'> | null
      }
    | { state: 'over' }
}

/** @param parent grants them. */
export function createLeases(parent: LeaseParentFunctions): Leases {
  /** By name: those that are not over. */
  const claims = new Map<string, Claim>()
  let count = 0
  let isLeaving = false
  let letGo: (claim: number) => void = () => undefined

  function finish(claim: Claim, how: LeaseEnding): void {
    claim.state = { state: 'over' }
    claims.delete(claim.name)
    claim.ended.resolve(how)
  }

  function begin(claim: Claim): void {
    const controller = new AbortController()
    // In a turn of its own: it may release the lease at once.
    const settled = Promise.resolve()
      .then(() => runWork(claim.work, controller.signal))
      .then(outcome => settle(claim, outcome))
    claim.state = { state: 'held', controller, settled, last: null }
  }

  function settle(claim: Claim, outcome: WorkOutcome): void {
    const last = claim.state.state === 'held' ? claim.state.last : null
    if (outcome.outcome === 'done') {
      finish(claim, 'done')
      parent.endLease(claim.number, outcome)
    } else if (last === 'released') {
      finish(claim, last)
      parent.endLease(claim.number, { ...outcome, outcome: 'released' })
    } else if (last === 'stopped') {
      parent.endLease(claim.number, outcome)
      finish(claim, last)
      parent.endLease(claim.number, { outcome: 'released' })
    } else {
      claim.state = { state: 'waiting' }
      parent.endLease(claim.number, outcome)
    }
    letGo(claim.number)
  }

  /** Gives up a lease for good. */
  async function giveUp(claim: Claim, how: Exclude<LeaseEnding, 'done'>): Promise<void> {
    switch (claim.state.state) {
      case 'waiting':
        finish(claim, how)
        parent.endLease(claim.number, { outcome: 'released' })
        return
      case 'held':
        claim.state.last ??= how
        if (!claim.state.controller.signal.aborted) {
          parent.leavesLease(claim.number)
          claim.state.controller.abort()
        }
        await claim.state.settled
        return
      case 'over':
        return
      default: {
        const unreachable: never = claim.state
        throw new Error(`unknown state ${JSON.stringify(unreachable)}`)
      }
    }
  }

  const handleOf = (claim: Claim): Lease => ({
    name: claim.name,
    get held() {
      return claim.state.state === 'held'
    },
    ended: claim.ended.promise,
    release: () => giveUp(claim, 'released'),
    [Symbol.asyncDispose]: () => giveUp(claim, 'released'),
  })

  const find = (number: number) => [...claims.values()].find(claim => claim.number === number)

  return {
    ask: (name, work, terms) => {
      if (claims.has(name)) throw taken(name)
      count += 1
      const claim: Claim = {
        number: count,
        name,
        work,
        ended: Promise.withResolvers(),
        state: { state: 'waiting' },
      }
      if (isLeaving) finish(claim, 'stopped')
      else {
        claims.set(name, claim)
        parent.askLease(claim.number, name, terms)
      }
      return handleOf(claim)
    },
    lease: (number, news) => {
      const claim = find(number)
      // It was given up meanwhile, which the parent is about to hear.
      if (!claim) return
      switch (news) {
        case 'granted':
          if (claim.state.state === 'waiting') begin(claim)
          return
        case 'revoked':
          if (claim.state.state === 'held') claim.state.controller.abort()
          return
        case 'over':
          if (claim.state.state === 'waiting') finish(claim, 'done')
          return
        default: {
          const unreachable: never = news
          throw new Error(`unknown news ${String(unreachable)}`)
        }
      }
    },
    leave: async () => {
      isLeaving = true
      const left = [...claims.values()]
      await Promise.all(left.map(claim => giveUp(claim, 'stopped')))
      return left.length > 0
    },
    held: () => [...claims.values()].filter(({ state }) => state.state === 'held').map(({ name }) => name),
    orphaned: tell => {
      isLeaving = true
      letGo = tell
      const held = [...claims.values()].filter(({ state }) => state.state === 'held')
      const numbers = new Set(held.map(({ number }) => number))
      for (let number = 1; number <= count; number += 1) if (!numbers.has(number)) tell(number)
      for (const claim of claims.values()) void giveUp(claim, 'stopped')
    },
  }
}

const taken = (name: string) =>
  new BeamDeployError(
    'lease_taken',
    `lease(${JSON.stringify(name)}) was called before in this process, and is not over. Release it first, or use another name.`,
    { phase: 'control' },
  )
