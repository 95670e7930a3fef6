import type { ReleaseToRun } from '../rpc/protocol.ts'
import type { CutoverCallbacks } from './exchange.ts'
import { loadFunction } from './load-function.ts'

/** The callbacks that a release's configuration names: modules, loaded when they are called. */
export function callbacksOf({ dir, beforeCutover, afterCutover }: ReleaseToRun): CutoverCallbacks {
  return {
    ...(beforeCutover !== undefined && {
      before: async incoming => (await loadFunction(dir, beforeCutover, 'beforeCutover'))(incoming),
    }),
    ...(afterCutover !== undefined && {
      after: async result => (await loadFunction(dir, afterCutover, 'afterCutover'))(result),
    }),
  }
}
