/** The value below which `share` (0 to 1) of `values` lie, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)]
  const high = sorted[Math.ceil(place)]
  if (low === undefined || high === undefined) throw new RangeError('no values')
  return low + (high - low) * (place - Math.floor(place))
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

/** The middle and the middle half: `1.02 (0.99 to 1.05)`. */
export function spread(values: readonly number[], digits: number): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map(share => quantile(values, share).toFixed(digits))
  return `${middle} (${low} to ${high})`
}

/** Runs `a` and `b` by turns, the first to go changing each round, so that a drift of the host meets both alike. */
export async function inPairs<A, B>(
  rounds: number,
  a: (round: number) => Promise<A>,
  b: (round: number) => Promise<B>,
): Promise<{ a: A; b: B }[]> {
  const pairs: { a: A; b: B }[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await a(round)
      pairs.push({ a: first, b: await b(round) })
    } else {
      const first = await b(round)
      pairs.push({ a: await a(round), b: first })
    }
  }
  return pairs
}
