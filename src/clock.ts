/** Milliseconds on a clock that is never set. (`performance.now()` is the same, and loads ten modules for it.) */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** What a timer of Node.js can wait, in milliseconds (24.8 days); with more it does not wait at all. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** Resolves after `ms`, or at once when `signal` is aborted. (`node:timers/promises` would be one more module in the parent.) */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, signal?.aborted ? 0 : ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** Resolves when `signal` is aborted, or was already. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
