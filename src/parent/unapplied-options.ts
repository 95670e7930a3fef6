import type { ReleaseConfig } from '../config/config.ts'

/** What belongs to the parent, which has it from the release that it was started with. */
const OF_PARENT = [
  'app',
  'endpoints',
  'peers',
  'keepReleases',
  'envFile',
  'prefixOutput',
  'parentChildren',
] as const satisfies (keyof ReleaseConfig)[]

/** The options that a new release has otherwise, and that take effect only when the parent is started again. */
export function unappliedOptions(
  running: ReleaseConfig | undefined,
  next: ReleaseConfig | undefined,
): string[] {
  return OF_PARENT.filter(key => JSON.stringify(running?.[key]) !== JSON.stringify(next?.[key]))
}
