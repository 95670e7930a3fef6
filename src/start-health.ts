import { type Checked, ok } from './config/check.ts'
import { checkHealth } from './config/check-health.ts'
import { BeamDeployError } from './errors.ts'
import type { GivenHealth } from './peer/handle.ts'
import type { HealthFunction, StartOptions } from './start-options.ts'

/**
 * The option `healthCheck` of `start()`, as a peer keeps it.
 *
 * @throws `invalid_option`.
 */
export function healthOf({ healthCheck }: Pick<StartOptions, 'healthCheck'>): GivenHealth | null {
  if (healthCheck === undefined) return null
  const checked = read(healthCheck)
  if (checked.ok) return checked.value
  throw new BeamDeployError('invalid_option', `start(): the option healthCheck must be ${checked.wanted}.`, {
    phase: 'configure',
  })
}

function read(value: unknown): Checked<GivenHealth> {
  if (isCheck(value)) return ok({ declared: { isFunction: true }, check: value })
  const { check, ...others } = Object(value) as { check?: unknown }
  if (!isCheck(check)) {
    const checked = checkHealth(value)
    return checked.ok ? ok({ declared: { ...checked.value, isFunction: false } }) : checked
  }
  const checked = checkHealth(others)
  return checked.ok ? ok({ declared: { ...checked.value, isFunction: true }, check }) : checked
}

const isCheck = (value: unknown): value is HealthFunction => typeof value === 'function'
