import { BeamDeployError } from '../errors.ts'
import { HOT_GLOBAL, type HotHandle, type NoHotHandle } from './hot-contracts.ts'

/** What hot loading has left in this process; `null` where there is none, or one that this version cannot use. */
export function hotEngine(): HotHandle | null {
  const found = handleHere()
  return found && !('unavailable' in found) ? found : null
}

/** Why hot loading cannot work in this process; `null` where nothing is known to be in its way. */
export function whyNotHot(): string | null {
  const found = handleHere()
  return found && 'unavailable' in found ? found.unavailable : null
}

function handleHere(): HotHandle | NoHotHandle | null {
  const found = (globalThis as { [HOT_GLOBAL]?: HotHandle | NoHotHandle })[HOT_GLOBAL]
  return found?.protocol === 1 ? found : null
}

/** @param where names what has no hot loading, and why as far as that is known. */
export const hotUnavailable = (where: string) =>
  new BeamDeployError('hot_unavailable', where, { phase: 'plan' })
