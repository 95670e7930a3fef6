/** One process's wish to hold one lease, from when it asks until it does not want it any more. */
export interface LeaseClaim {
  readonly name: string
  readonly generation: number
  readonly slot: number
}

/** Who holds a lease. `releasing`: was told to let go, and has not yet. */
export type LeaseHolder<Claim> = { state: 'held'; claim: Claim } | { state: 'releasing'; claim: Claim }

/** How a claim that held its lease came to its end. */
export type LeaseEnd = 'done' | 'moved' | 'failed' | 'released' | 'gone'

export interface LeaseEffects<Claim> {
  /** Whether its process may hold leases now. One that may not any more is told to let go. */
  mayHold(claim: Claim): boolean
  /** It holds its lease from now on. `false` where that could not be made sure of: it does not. */
  grant(claim: Claim): boolean
  revoke(claim: Claim): void
  /** The work is done: this claim is no more. */
  over(claim: Claim): void
  /** Runs `next` in `ms` milliseconds. */
  later(ms: number, next: () => void): void
}

export interface LeaseTable<Claim extends LeaseClaim> {
  ask(claim: Claim): void
  /** Its process has told the work to let go, by itself. */
  leaves(claim: Claim): void
  /** It does not hold its lease (any more); with `done`, `released` and `gone` it does not want it again. */
  end(claim: Claim, end: LeaseEnd): void
  /** Who may hold leases has changed. `lives`: whether there is still a generation of that number. */
  refresh(lives: (generation: number) => boolean): void
  /** Nobody gets the lease of that name until what is returned is called. */
  block(name: string): () => void
  describe(): LeasePlace<Claim>[]
}

/** One lease. */
export interface LeasePlace<Claim> {
  readonly name: string
  readonly holder: LeaseHolder<Claim> | null
  /** All that want it, its holder among them. */
  readonly claims: ReadonlySet<Claim>
}

interface Place<Claim> extends LeasePlace<Claim> {
  holder: LeaseHolder<Claim> | null
  claims: Set<Claim>
  /** Of generations whose peers need not do the work any more. */
  done: Set<number>
  /** How many others keep it from being granted. */
  blocks: number
  /** How often the work has failed in a row, in peers of one generation, which waits a while. */
  failing: { generation: number; times: number; waits: boolean } | null
  failed: Map<Claim, number>
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/** Milliseconds until work that has failed so many times in a row is begun again. */
const pauseAfter = (failures: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)

/**
 * Who holds which lease. There is one rule above all: a lease has one holder, until that has let go or is gone. Nothing here knows of
 * processes, wires or clocks.
 */
export function createLeaseTable<Claim extends LeaseClaim>(effects: LeaseEffects<Claim>): LeaseTable<Claim> {
  const places = new Map<string, Place<Claim>>()

  function placeOf(name: string): Place<Claim> {
    const found = places.get(name)
    if (found) return found
    const place: Place<Claim> = {
      name,
      holder: null,
      claims: new Set(),
      done: new Set(),
      blocks: 0,
      failing: null,
      failed: new Map(),
    }
    places.set(name, place)
    return place
  }

  function settle(place: Place<Claim>): void {
    const { holder } = place
    if (holder) {
      if (holder.state === 'releasing' || effects.mayHold(holder.claim)) return
      place.holder = { state: 'releasing', claim: holder.claim }
      effects.revoke(holder.claim)
      return
    }
    if (place.blocks > 0) return
    const next = candidate(place)
    if (next) give(place, next)
    else if (isUnused(place) && places.get(place.name) === place) places.delete(place.name)
  }

  function give(place: Place<Claim>, claim: Claim): void {
    const holder = { state: 'held', claim } as const
    place.holder = holder
    if (!effects.grant(claim)) {
      place.holder = null
      pause(place, claim)
    } else if (place.failing) {
      effects.later(LONGEST_PAUSE_MS, () => {
        if (place.holder === holder) recover(place)
      })
    }
  }

  /** Of those that may hold it, the one in which the work has failed least often, of these the one in the lowest slot. */
  function candidate({ claims, failing, failed }: Place<Claim>): Claim | null {
    const timesOf = (claim: Claim) => failed.get(claim) ?? 0
    const [first = null] = [...claims]
      .filter(claim => effects.mayHold(claim))
      .filter(({ generation }) => !failing?.waits || failing.generation !== generation)
      .sort((a, b) => timesOf(a) - timesOf(b) || a.slot - b.slot)
    return first
  }

  /** After a failure. Another generation has other code, and need not wait. */
  function pause(place: Place<Claim>, claim: Claim): void {
    const { generation } = claim
    place.failed.set(claim, (place.failed.get(claim) ?? 0) + 1)
    const times = place.failing?.generation === generation ? place.failing.times + 1 : 1
    const failing = { generation, times, waits: true }
    place.failing = failing
    effects.later(pauseAfter(times), () => {
      failing.waits = false
      settle(place)
    })
  }

  function recover(place: Place<Claim>): void {
    place.failing = null
    place.failed.clear()
  }

  function forget(place: Place<Claim>, claim: Claim): void {
    place.claims.delete(claim)
    place.failed.delete(claim)
  }

  function finish(place: Place<Claim>, { generation }: Claim): void {
    place.done.add(generation)
    for (const claim of place.claims) {
      if (claim.generation !== generation) continue
      forget(place, claim)
      effects.over(claim)
    }
  }

  return {
    ask: claim => {
      const place = placeOf(claim.name)
      if (place.done.has(claim.generation)) return effects.over(claim)
      place.claims.add(claim)
      settle(place)
    },
    leaves: claim => {
      const place = places.get(claim.name)
      if (place?.holder?.claim === claim) place.holder = { state: 'releasing', claim }
    },
    end: (claim, end) => {
      const place = places.get(claim.name)
      if (!place?.claims.has(claim)) return
      const held = place.holder?.claim === claim
      if (held) place.holder = null
      if (end === 'done' || end === 'released' || end === 'gone') forget(place, claim)
      if (held && end === 'failed') pause(place, claim)
      else if (held && end !== 'gone') recover(place)
      if (held && end === 'done') finish(place, claim)
      settle(place)
    },
    refresh: lives => {
      for (const place of [...places.values()]) {
        for (const generation of place.done) if (!lives(generation)) place.done.delete(generation)
        settle(place)
      }
    },
    block: name => {
      const place = placeOf(name)
      place.blocks += 1
      return () => {
        place.blocks -= 1
        settle(place)
      }
    },
    describe: () => [...places.values()],
  }
}

const isUnused = <Claim>({ claims, done, blocks }: Place<Claim>): boolean =>
  claims.size === 0 && done.size === 0 && blocks === 0
