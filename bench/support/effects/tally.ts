/** What the clients of one kind have met, counted by themselves. */
export interface Effects {
  /** Requests or messages that they sent. */
  asked: number
  /** Of these, those without a whole, right answer within {@link PATIENCE_MS}, or with more than one. */
  failed: number
  /** Connections that ended with an error. */
  resets: number
  /** Connections that the server ended otherwise, the polite way or not; `null` where each is for one request. */
  closed: number | null
  /** Requests that were sent once more, since the protocol says that they were not processed. */
  again: number
  /** Milliseconds from when a request was due to its answer, of those that were due during a swap. */
  latencies: number[]
  /** How it failed, a few of them. */
  failures: string[]
}

export const PATIENCE_MS = 5_000

/** How the clients of one kind are told, and how they tell. */
export interface EffectsRecorder {
  effects: Effects
  /** Whether clients go on. */
  isRunning(): boolean
  /** A request is due now: returns what to call when it is answered, `null`, or why it is not. */
  begin(): (failure: string | null) => void
}

export function recordEffects(
  isRunning: () => boolean,
  isSwapping: () => boolean,
  closed: number | null = 0,
): EffectsRecorder {
  const effects: Effects = { asked: 0, failed: 0, resets: 0, closed, again: 0, latencies: [], failures: [] }
  return {
    effects,
    isRunning,
    begin: () => {
      effects.asked += 1
      const counts = isSwapping()
      const from = performance.now()
      return failure => {
        if (counts) effects.latencies.push(performance.now() - from)
        if (failure === null) return
        effects.failed += 1
        if (effects.failures.length < 5) effects.failures.push(failure)
      }
    },
  }
}

/** Rejects with `unanswered` when that takes too long. */
export async function answeredInTime<T>(answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('unanswered')), PATIENCE_MS)
  try {
    return await Promise.race([answer, promise])
  } finally {
    clearTimeout(timer)
  }
}
