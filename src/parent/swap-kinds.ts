import type { Store } from '../release/store.ts'
import type { UpgradeRequest } from '../rpc/contracts.ts'
import type { SwapKind } from './blue-green.ts'
import { obtainRelease } from './obtain-release.ts'
import type { Caller } from './parent-types.ts'
import { previousRelease } from './refusals.ts'
import type { ParentSettings } from './settings.ts'

interface KindParts {
  settings: ParentSettings
  store: Store
}

/** To what is in an archive or a folder. */
export function upgradeTo(
  { path, bake, ...asked }: UpgradeRequest,
  caller: Caller,
  { settings, store }: KindParts,
): SwapKind {
  return {
    action: 'upgrade',
    source: path,
    find: how => obtainRelease(path, { store, caller, settings, ...how }),
    commit: ({ id }) => store.setCurrent(id),
    bakeOf: release => ({ ...settings.bakeOf(release), ...(bake !== undefined && { ms: bake }) }),
    cutoverOf: release => settings.cutoverOf(release, asked),
  }
}

/** To the release that served before. */
export const rollbackFrom = ({ settings, store }: KindParts): SwapKind => ({
  action: 'rollback',
  source: null,
  find: async () => previousRelease(store, settings.app),
  commit: () => store.setCurrentBack(),
})
