import { BeamDeployError } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type { ParentState } from './parent-types.ts'

/** The release that a rollback goes to, or `no_previous_release`. */
export function previousRelease(store: Store, app: string): Release {
  const previous = store.previous()
  if (previous) return previous
  throw new BeamDeployError(
    'no_previous_release',
    `${app} has no former release to go back to. Upgrade to an archive of the release you want.`,
    { phase: 'validate' },
  )
}

/** Why a swap cannot begin now. */
export function busy(action: string, state: Exclude<ParentState['state'], 'serving'>): BeamDeployError {
  const doing = {
    starting: 'it is starting',
    upgrading: 'another upgrade is under way',
    stopping: 'it is stopping',
  }
  return new BeamDeployError(
    'upgrade_in_progress',
    `${action} refused: ${doing[state]}. Wait for it to end (\`beam-deploy status\`) and try again.`,
    { phase: 'validate' },
  )
}
