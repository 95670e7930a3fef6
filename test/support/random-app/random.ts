/** Numbers that only look random: the same seed gives the same ones. */
export interface Random {
  /** A whole number from 0, less than this. */
  below(limit: number): number
  chance(share: number): boolean
  /** `undefined` of an empty list. */
  pick<Value>(list: readonly Value[]): Value | undefined
  /** One of some, by weight. */
  weighted<Value>(list: readonly (readonly [weight: number, value: Value])[]): Value
}

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: share => next() < share,
    pick: list => list[below(list.length)],
    weighted: list => {
      let left = below(list.reduce((sum, [weight]) => sum + weight, 0))
      for (const [weight, value] of list) {
        left -= weight
        if (left < 0) return value
      }
      throw new Error('nothing to choose from')
    },
  }
}
