import type { Command } from 'cac'
import { checkPath } from '../config/check-health.ts'
import { HEALTH_DEFAULTS } from '../parent/health-settings.ts'
import type { HealthCheck } from '../rpc/health-contracts.ts'
import { parseCount } from './count.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { invalidOption } from './invalid-option.ts'
import { last } from './options.ts'

/** What the command line says of the health check. */
export type HealthOptions = Partial<
  Record<'health' | 'healthTries' | 'healthInterval' | 'healthTimeout' | 'warmUp', string[]>
>

const HELP = {
  health: 'Path that a new release must answer with 200 to 299 before it gets a connection; repeatable',
  tries: `How often that is tried before a release is given up (default: ${HEALTH_DEFAULTS.tries})`,
  interval: `Time between two tries (default: ${formatDuration(HEALTH_DEFAULTS.interval)})`,
  timeout: `How long an answer may take (default: ${formatDuration(HEALTH_DEFAULTS.timeout)})`,
  warmUp: 'Path that a new release is asked for some times before it gets a connection; repeatable',
}

export function withHealthOptions(command: Command): Command {
  return command
    .option('--health <path>', HELP.health)
    .option('--health-tries <n>', HELP.tries)
    .option('--health-interval <time>', HELP.interval)
    .option('--health-timeout <time>', HELP.timeout)
    .option('--warm-up <path>', HELP.warmUp)
}

/** What was given; nothing of what was not. */
export function healthGiven(options: HealthOptions): { healthCheck?: HealthCheck } {
  const tries = last(options.healthTries)
  const interval = last(options.healthInterval)
  const timeout = last(options.healthTimeout)
  const requests = options.health?.map(path => ({ path: parsePath('--health', path) }))
  const warmUp = options.warmUp?.map(path => ({ path: parsePath('--warm-up', path) }))
  const healthCheck: HealthCheck = {
    ...(requests && { requests }),
    ...(warmUp && { warmUp }),
    ...(tries !== undefined && { tries: parseCount('--health-tries', tries) }),
    ...(interval !== undefined && { interval: parseDuration('--health-interval', interval) }),
    ...(timeout !== undefined && { timeout: parseDuration('--health-timeout', timeout) }),
  }
  return Object.keys(healthCheck).length > 0 ? { healthCheck } : {}
}

function parsePath(option: string, value: string): string {
  const path = checkPath(value)
  if (path.ok) return path.value
  throw invalidOption(option, value, `it must be ${path.wanted}`)
}
