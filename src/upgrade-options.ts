import { checkDuration } from './config/check.ts'
import { checkBake, checkCutover } from './config/checks.ts'
import type { CutoverMode, Duration } from './config/config.ts'
import { BeamDeployError } from './errors.ts'
import type { UpgradeRequest } from './rpc/contracts.ts'

/** What one upgrade does otherwise than it is configured. */
export interface UpgradeOptions {
  /** How long the new release has to stand, with the old one ready to take the traffic back at once; 0: not at all. */
  bake?: Duration
  /** Whether old and new generation accept together for a while (`'overlap'`). With a bake they do not. */
  cutover?: CutoverMode
  /** How long they do so. */
  overlapTime?: Duration
}

const OPTIONS = { bake: checkBake, cutover: checkCutover, overlapTime: checkDuration }

/** @throws `invalid_option`, naming the option. */
export function checkUpgradeOptions(options: UpgradeOptions): Omit<UpgradeRequest, 'path'> {
  const request: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      const known = Object.keys(OPTIONS).join(', ')
      throw invalid(`there is no option ${JSON.stringify(name)}; there are ${known}.`)
    }
    if (value === undefined) continue
    const checked = OPTIONS[name as keyof typeof OPTIONS](value)
    if (!checked.ok)
      throw invalid(`the option ${name} is ${JSON.stringify(value)}; it must be ${checked.wanted}.`)
    request[name] = checked.value
  }
  return request
}

const invalid = (what: string) =>
  new BeamDeployError('invalid_option', `upgrade(): ${what}`, { phase: 'configure' })
