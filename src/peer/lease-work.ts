import { aborted } from '../clock.ts'
import type { LeaseOutcome } from '../rpc/lease-contracts.ts'

/** What is done while a lease is held; `signal` is aborted when that is to be given up. It may return what stops it: see {@link lease}. */
export type LeaseWork = (signal: AbortSignal) => unknown

/** What became of it; {@link LeaseOutcome} but for what only its caller knows. */
export type WorkOutcome = Exclude<LeaseOutcome, { outcome: 'released' }>

/**
 * Runs the work of a lease, and resolves when nothing of it runs any more. A promise that resolves is the end of the work, unless it
 * resolves to a function: that one ends it. What returns no promise, such as a work that only starts a timer, goes on until it is told to stop.
 */
export async function runWork(work: LeaseWork, signal: AbortSignal): Promise<WorkOutcome> {
  try {
    const returned: unknown = work(signal)
    const result: unknown = await returned
    if (isStop(result) || !isPromise(returned)) await aborted(signal)
    if (isStop(result)) await result()
    return { outcome: signal.aborted ? 'moved' : 'done' }
  } catch (error) {
    if (!signal.aborted) return { outcome: 'failed', failure: tell(error) }
    return isAbort(error, signal) ? { outcome: 'moved' } : { outcome: 'moved', failure: tell(error) }
  }
}

const isStop = (result: unknown): result is () => unknown => typeof result === 'function'

const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** What `signal.throwIfAborted()` and the APIs of Node.js throw where they are ended by a signal. */
const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || (error instanceof Error && error.name === 'AbortError')

/** The parent is told the first line; where it was thrown, only this process can say. */
function tell(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${text}\n`)
  const [first = ''] = (error instanceof Error ? error.message : text).split('\n')
  return first
}
