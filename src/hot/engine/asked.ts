import { existsSync } from 'node:fs'
import type { UnitPiece } from '../diff/match.ts'
import { asksForHot } from '../instrument/give-hot.ts'
import { mayReadFiles } from '../plan/asset-names.ts'
import type { WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import type { ReleaseFiles } from './files.ts'
import type { LivingState } from './living.ts'

/** Few of many modules: what is found out of them beforehand, so that the synchronous step does not look at each. */
export interface Asked {
  /** Something of them is evaluated, or they differ. In the order of evaluation. */
  concerned: WorldModule[]
  /** They can say something with `import.meta.hot`. */
  speaking: WorldModule[]
  /** They may read files, and stand in the new release too. */
  readers: LivingState[]
}

export function askedIn(
  order: WorldModule[],
  evaluated: Map<WorldModule, UnitPiece[]>,
  { changed, stateOf }: BuiltWorld,
  files: ReleaseFiles,
): Asked {
  const differing = new Set(changed)
  const asked: Asked = { concerned: order.filter(module => evaluated.has(module)), speaking: [], readers: [] }
  for (const module of order) {
    const state = stateOf(module)
    if (state === null) continue
    const { living, format } = state.loaded
    const text = differing.has(module) ? module.after?.text : undefined
    if ((living && Object.hasOwn(living.inside, 'hot')) || (text !== undefined && asksForHot(text, format)))
      asked.speaking.push(module)
    const isReader = text === undefined ? state.mayReadFiles() : mayReadFiles(text)
    if (isReader && existsSync(files.path(state.key))) asked.readers.push(state)
  }
  return asked
}
