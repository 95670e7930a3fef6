import type { Staged } from '../parent/first-release.ts'
import type { GivenSettings } from '../parent/resolve-settings.ts'
import type { ParentSettings } from '../parent/settings.ts'

/** What `beam-deploy start` has found out when it becomes the parent. It survives JSON. */
export interface ParentPlan extends Pick<ParentSettings, 'app' | 'stateDir'> {
  given: GivenSettings
  /** `null` where what ran before is started. */
  staged: (Staged & { draft: string }) | null
  /** Whether to print one JSON value when it serves. */
  json: boolean
}
