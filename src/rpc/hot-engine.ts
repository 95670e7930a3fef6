import { BeamDeployError } from '../errors.ts'
import { HOT_GLOBAL, type HotHandle } from './hot-contracts.ts'

/** What hot loading has left in this process; `null` where there is none, or one that this version cannot use. */
export function hotEngine(): HotHandle | null {
  const found = (globalThis as { [HOT_GLOBAL]?: HotHandle })[HOT_GLOBAL]
  return found?.protocol === 1 ? found : null
}

/** @param where names what has no hot loading, and why as far as that is known. */
export const hotUnavailable = (where: string) =>
  new BeamDeployError('hot_unavailable', where, { phase: 'plan' })
