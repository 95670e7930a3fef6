/** Of the time until it is killed, what a peer keeps for the application's own stop. */
const STOP_SHARE = 0.1
const STOP_MAX_MS = 5_000

/** Milliseconds that a drain may take, leaving the application time for its own stop before the peer is killed. */
export function drainLimit(shutdownTimeout: number | null): number | null {
  if (shutdownTimeout === null) return null
  return Math.round(shutdownTimeout - Math.min(STOP_MAX_MS, shutdownTimeout * STOP_SHARE))
}

/** Aborted when that is over. */
export function drainSignal(shutdownTimeout: number | null): { limit: number | null; signal: AbortSignal } {
  const limit = drainLimit(shutdownTimeout)
  return { limit, signal: limit === null ? new AbortController().signal : AbortSignal.timeout(limit) }
}
