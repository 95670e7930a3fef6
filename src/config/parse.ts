import { BeamDeployError } from '../errors.ts'
import { CHECKS } from './checks.ts'
import type { ReleaseConfig } from './config.ts'
import { nearest } from './nearest.ts'

/** Options of `start()` and of the command line that have no place in a configuration, and why. */
const ELSEWHERE: Record<string, string> = {
  stateDir:
    'it says where the releases are, so it is known before them: use --state-dir or BEAM_DEPLOY_STATE_DIR',
  start:
    'a configuration has no function to start the application: that is its entry, or an option of start()',
  verify:
    'a release has no say in who has to sign it: use `beam-deploy start --verify`, or the option of start()',
  enabled: '`beam-deploy start` is always enabled; it is an option of start()',
  logger: 'it is an option of start(); for the command line there is log',
}

/**
 * Checks what was found in `file` (with its key, where it is a part of that).
 *
 * @throws `invalid_option`, naming the file, the key, and what it must be.
 */
export function parseConfig(value: unknown, file: string): ReleaseConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${file} must be an object with options, and it is ${shown(value)}.`)
  const config: Record<string, unknown> = {}
  for (const [key, given] of Object.entries(value)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof typeof CHECKS] : null
    if (!check) throw invalid(unknownKey(key, file))
    if (given === undefined) continue
    const checked = check(given)
    if (!checked.ok) throw invalid(`${file}: ${key} is ${shown(given)}; it must be ${checked.wanted}.`)
    config[key] = checked.value
  }
  return config
}

function unknownKey(key: string, file: string): string {
  const reason = ELSEWHERE[key]
  if (reason !== undefined) return `${file}: ${key} cannot be given here: ${reason}.`
  const keys = Object.keys(CHECKS)
  const meant = nearest(key, keys)
  const hint = meant ? `did you mean ${meant}?` : `there are ${keys.join(', ')}.`
  return `${file}: there is no option ${JSON.stringify(key)}; ${hint}`
}

const shown = (value: unknown) =>
  typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value)).slice(0, 200)

export const invalid = (message: string, cause?: unknown) =>
  new BeamDeployError('invalid_option', message, { phase: 'configure', cause })
