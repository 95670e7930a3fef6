import { givenEndpoints } from '../parent/declare-endpoints.ts'
import type { GivenSettings } from '../parent/resolve-settings.ts'
import { appStateDir } from '../state-dir.ts'
import type { ParentPlan } from './parent-plan.ts'
import { onlyApp, stageSource } from './stage-source.ts'

export interface StartRequest {
  /** Absolute path of an archive or folder; `null` for what ran before. */
  source: string | null
  root: string
  app: string | undefined
  given: GivenSettings
  json: boolean
}

/** Finds out which application is to run, and unpacks it. `undo` removes what nobody has taken over. */
export async function planParent(
  { source, root, given, json, ...request }: StartRequest,
  undo: DisposableStack,
): Promise<ParentPlan> {
  // What is wrong with these is told before anything is unpacked.
  if (!Array.isArray(given.endpoints)) givenEndpoints(given.endpoints, process.env)
  const staged = source === null ? null : await stageSource(source, root, given, undo)
  const app = request.app ?? staged?.unpacked.config?.app ?? staged?.unpacked.name ?? onlyApp(root)
  return { app, stateDir: appStateDir(root, app), given, staged, json }
}
