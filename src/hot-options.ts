import { checkDuration } from './config/check.ts'
import type { Duration } from './config/config.ts'
import { nearest } from './config/nearest.ts'
import { BeamDeployError } from './errors.ts'
import { type HotRules, SUSPEND_TIMEOUT_MS } from './rpc/hot-contracts.ts'

/** What {@link hotUpgrade} and {@link planUpgrade} are told. */
export interface HotUpgradeOptions {
  /**
   * How long a stateful process may take to finish the message that it handles. One that takes longer is skipped: it keeps its old definition
   * and its state. Default 3 000 ms.
   */
  suspendTimeout?: Duration
  /**
   * What becomes of the upgrade when the `codeChange` of a process throws: all of it is undone (`'revert'`), or that process alone keeps its
   * old definition and state (`'continue'`). Default `'revert'`.
   */
  onCodeChangeError?: 'revert' | 'continue'
  /** What may be lost or left behind nevertheless: places as the reasons of a plan have them in their `allow`. */
  allow?: string[]
  /** The third argument of each `codeChange`: anything that `structuredClone` takes. */
  extra?: unknown
}

const OPTIONS = [
  'suspendTimeout',
  'onCodeChangeError',
  'allow',
  'extra',
] as const satisfies (keyof HotUpgradeOptions)[]

/** @throws `invalid_option`, naming the option and `what` was called with it. */
export function checkHotOptions(what: string, options: HotUpgradeOptions): HotRules & { extra?: unknown } {
  const { suspendTimeout, onCodeChangeError = 'revert', allow = [], extra } = options
  const invalid = (option: string, found: unknown, wanted: string) =>
    refused(
      `${what}: the option ${option} is ${JSON.stringify(found) ?? String(found)}; it must be ${wanted}.`,
    )
  for (const key of Object.keys(options))
    if (!OPTIONS.some(option => option === key)) throw refused(unknownOption(what, key))
  const timeout = suspendTimeout === undefined ? null : checkDuration(suspendTimeout)
  if (timeout && !timeout.ok) throw invalid('suspendTimeout', suspendTimeout, timeout.wanted)
  if (onCodeChangeError !== 'revert' && onCodeChangeError !== 'continue')
    throw invalid('onCodeChangeError', onCodeChangeError, "'revert' or 'continue'")
  if (!Array.isArray(allow) || !allow.every(place => typeof place === 'string'))
    throw invalid('allow', allow, 'a list of places, as the reasons of a plan have them')
  return {
    suspendTimeoutMs: timeout?.value ?? SUSPEND_TIMEOUT_MS,
    onCodeChangeError,
    allow,
    ...(extra !== undefined && { extra }),
  }
}

function unknownOption(what: string, key: string): string {
  const meant = nearest(key, OPTIONS)
  const hint = meant ? `did you mean ${meant}?` : `there are ${OPTIONS.join(', ')}.`
  return `${what}: there is no option ${JSON.stringify(key)}; ${hint}`
}

const refused = (message: string) => new BeamDeployError('invalid_option', message, { phase: 'configure' })
