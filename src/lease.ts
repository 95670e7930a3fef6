import { BeamDeployError } from './errors.ts'
import type { LeaseWork } from './peer/lease-work.ts'
import type { Lease } from './peer/leases.ts'
import { leasesHere } from './place.ts'

/** What a lease is to be like. */
export interface LeaseOptions {
  /**
   * Milliseconds that the work may take to settle after its signal is aborted, or `Infinity`; default 5000. One that takes longer is
   * named in a warning of the parent. The lease stays with it all the same, until it settles or its process has ended.
   */
  releaseTimeout?: number
  /**
   * What happens after that. `'warn'`, the default: nothing more, and at the latest `shutdownTimeout` ends the process. `'kill'`: the
   * process is killed at once, with whatever requests it still answers.
   */
  onTimeout?: 'warn' | 'kill'
}

const RELEASE_TIMEOUT_MS = 5_000

/**
 * Work that is to run in one process alone, whatever peers come and go: a timer for cron jobs, the consumer of a queue, a migration. The
 * parent gives the lease of that name to one peer of the release that serves, and `work` is called there. At a cutover, and at a stop, its `signal` is aborted; the lease
 * goes to a peer of the new release when the work has settled, or the process has ended. So there are never two that hold it. A peer that crashes loses it to another.
 *
 * Returns at once, and `work` is called later, when this peer serves: do not wait for `ended` in the `start` of `start()`, since a peer serves only when that has resolved.
 *
 * - Work that returns a promise: when that resolves, the work is done. It is not done again by this process, nor by any other peer of this generation.
 * - Work that returns a function, or a promise of one: it goes on until the signal is aborted. Then that function is called, and waited for.
 * - Work that returns nothing goes on until the signal is aborted, and has stopped in that moment: it listens to the signal.
 * - Work that throws, or rejects, is told to people and begun again after 1 s, in this peer or in another; after a failure each next time later, up to 30 s.
 *
 * Where BeamDeploy is not enabled the work runs in this process.
 *
 * @param name any text; one lease for each in the whole application.
 * @param work is given the signal. It may be called again with a new one: after a failure, and when a new release is taken back.
 * @param options see {@link LeaseOptions}.
 * @returns what tells of it and gives it up; can be used with `await using`.
 * @throws {BeamDeployError} `lease_taken` where this process has asked for that name already, `lease_unavailable` in the parent, in a parent child, and in
 *   threads and child processes of a peer, `invalid_option`.
 *
 * @example
 * ```js
 * import { lease } from 'beam-deploy'
 *
 * lease('nightly-report', signal => {
 *   const timer = setInterval(() => console.log('a minute has passed'), 60_000)
 *   signal.addEventListener('abort', () => clearInterval(timer))
 * })
 * ```
 */
export function lease(name: string, work: LeaseWork, options: LeaseOptions = {}): Lease {
  if (typeof name !== 'string') throw invalid(`the name of a lease is ${show(name)}; it must be a string.`)
  const what = `lease(${show(name)})`
  if (typeof work !== 'function') throw invalid(`${what}: the work is ${show(work)}; it must be a function.`)
  const { releaseTimeout = RELEASE_TIMEOUT_MS, onTimeout = 'warn' } = options
  if (typeof releaseTimeout !== 'number' || !(releaseTimeout >= 0)) {
    throw invalid(
      `${what}: releaseTimeout is ${show(releaseTimeout)}; it must be a number of milliseconds, or Infinity.`,
    )
  }
  if (onTimeout !== 'warn' && onTimeout !== 'kill')
    throw invalid(`${what}: onTimeout is ${show(onTimeout)}; it must be 'warn' or 'kill'.`)
  return leasesHere().ask(name, work, {
    releaseTimeout: Number.isFinite(releaseTimeout) ? releaseTimeout : null,
    kill: onTimeout === 'kill',
  })
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value)

const invalid = (message: string) => new BeamDeployError('invalid_option', message, { phase: 'control' })
