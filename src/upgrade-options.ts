import { checkBake } from './config/checks.ts'
import type { Duration } from './config/config.ts'
import { BeamDeployError } from './errors.ts'
import type { UpgradeRequest } from './rpc/contracts.ts'

/** What one upgrade does otherwise than it is configured. */
export interface UpgradeOptions {
  /** How long the new release has to stand, with the old one ready to take the traffic back at once; 0: not at all. */
  bake?: Duration
}

/** @throws `invalid_option`, naming the option. */
export function checkUpgradeOptions({ bake, ...others }: UpgradeOptions): Pick<UpgradeRequest, 'bake'> {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalid(`there is no option ${JSON.stringify(unknown)}; there is bake.`)
  if (bake === undefined) return {}
  const checked = checkBake(bake)
  if (!checked.ok) throw invalid(`the option bake is ${JSON.stringify(bake)}; it must be ${checked.wanted}.`)
  return { bake: checked.value }
}

const invalid = (what: string) =>
  new BeamDeployError('invalid_option', `upgrade(): ${what}`, { phase: 'configure' })
