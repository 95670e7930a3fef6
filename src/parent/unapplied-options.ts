import type { ReleaseConfig } from '../config/config.ts'
import type { Release } from '../release/release.ts'
import type { Logger } from './logger.ts'

/** What belongs to the parent, which has it from the release that it was started with. */
const OF_PARENT = [
  'app',
  'endpoints',
  'peers',
  'keepReleases',
  'maxDraining',
  'envFile',
  'prefixOutput',
  'log',
  'parentChildren',
] as const satisfies (keyof ReleaseConfig)[]

/** The options that a new release has otherwise than the one that the parent was started with. */
export const unappliedOptions = (origin: Release | null, next: Release): (keyof ReleaseConfig)[] =>
  OF_PARENT.filter(key => JSON.stringify(origin?.config?.[key]) !== JSON.stringify(next.config?.[key]))

/** Tells which options a new release has otherwise that take effect only when the parent is started again. */
export function warnOfUnapplied(origin: Release | null, next: Release, logger: Logger): void {
  const keys = unappliedOptions(origin, next)
  if (keys.length === 0) return
  logger.warn(
    `${next.version} is configured otherwise in ${keys.join(', ')}, which takes effect at the next start`,
  )
}
