import type { DeclaredHealth, HealthCheck } from '../rpc/health-contracts.ts'

/** Everything about the health check of a release, with defaults filled in. Milliseconds. */
export interface HealthSettings extends Required<Omit<HealthCheck, 'module'>> {
  module: string | null
  /** Whether the application has given `start()` a function. */
  isFunction: boolean
}

export const HEALTH_DEFAULTS = { tries: 5, interval: 1_000, timeout: 5_000 } as const

/** What goes first goes before the others, key by key: what was given on the command line, to `start()`, in the configuration. */
export function healthFrom(
  given: HealthCheck | undefined,
  declared: DeclaredHealth | undefined,
  configured: HealthCheck | undefined,
): HealthSettings {
  const { isFunction = false, ...own } = declared ?? {}
  return {
    requests: [],
    module: null,
    warmUp: [],
    ...HEALTH_DEFAULTS,
    ...configured,
    ...own,
    ...given,
    isFunction,
  }
}

/** Whether there is something to check. */
export const hasCheck = ({ requests, module, isFunction }: HealthSettings): boolean =>
  requests.length > 0 || module !== null || isFunction

/** Whether there is something to check or to warm up. */
export const hasHealth = (health: HealthSettings): boolean => hasCheck(health) || health.warmUp.length > 0
