export interface RestartPolicy {
  /** How many restarts are allowed within `windowMs`. */
  limit: number
  windowMs: number
  /** Delay before the second restart in a row; doubled for each further one. The first comes at once. */
  baseDelayMs: number
}

export const RESTART_POLICY: RestartPolicy = { limit: 5, windowMs: 60_000, baseDelayMs: 100 }

export type RestartDecision = { restart: true; delayMs: number; attempt: number } | { restart: false }

/** Decides on each crash of one slot; `now` in milliseconds. */
export function createRestarts({
  limit,
  windowMs,
  baseDelayMs,
}: RestartPolicy): (now: number) => RestartDecision {
  let recent: number[] = []
  return now => {
    recent = recent.filter(at => now - at < windowMs)
    if (recent.length >= limit) return { restart: false }
    recent.push(now)
    const attempt = recent.length
    return { restart: true, attempt, delayMs: attempt === 1 ? 0 : baseDelayMs * 2 ** (attempt - 2) }
  }
}
