import { definedBy } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { World } from '../plan/decision.ts'
import { beforeOf } from '../plan/find-units.ts'
import { layersOf } from '../plan/layers-of.ts'
import { leftoverOf } from '../plan/leftovers.ts'
import type { Running } from '../plan/running.ts'
import type { FunctionRecord, WorldModule } from '../plan/world.ts'
import type { Startup } from '../runtime/startup.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { Assets } from './assets.ts'
import type { BuiltWorld } from './built-world.ts'
import type { Living } from './living.ts'
import type { Moved } from './moved.ts'

/** The world as the decision sees it: what ran when. */
export function createWorld(
  built: BuiltWorld,
  living: Living,
  startup: Startup,
  isProcess: World['isProcess'],
  assets: Assets,
  running: Running,
  moved: Moved,
): World {
  const records = (ran: Iterable<UnitRun['ran'][number]>) =>
    [...ran].flatMap(({ url, slot }) => {
      const record = living.recordOf(url, slot)
      return record ? [record] : []
    })
  const ranLater = new Set(records(startup.ranLater()))
  return {
    modules: built.changed,
    values: [
      ...moved.values,
      ...built.data.flatMap(({ key, names }) =>
        names.map(name => ({ key: `${key}|exports.${name}` as const, what: `${name} of ${key}` })),
      ),
    ],
    functions: moved.functions,
    fileReaders: assets.readers,
    changedFile: assets.changedIn,
    importersOf: built.importersOf,
    modulesThatRan: indexRuns(built, living, startup),
    ranLater,
    ranIn: (module, unit) => {
      const run = module.runOf(beforeOf(module, unit))
      return run ? records(run.ran) : []
    },
    ranLaterIn: (module, unit) => {
      const run = module.runOf(beforeOf(module, unit))
      return run ? records(run.ranLater.values()) : []
    },
    codeThatRan: running.codeThatRan,
    known: running,
    layersOf: (module, root) =>
      module.before === null ? null : layersOf(module, module.before, root, running),
    disposers: module => built.stateOf(module)?.loaded.wishes.disposals.map(({ by }) => by) ?? [],
    leftoverOf: (module, unit) =>
      module.before === null || isMoved(module, unit, moved)
        ? null
        : leftoverOf(module, module.before, unit, running),
    isProcess,
  }
}

/** Whether a unit defines a function that its module gets from another one now: calls of the old one are passed on. */
function isMoved(module: WorldModule, unit: UnitPiece, { functions }: Moved): boolean {
  const defined = definedBy(unit)
  if (defined?.kind !== 'function') return false
  const record = module.recordOf(defined.code.slot)
  return functions.some(each => each.record === record)
}

/** Which modules have units that ran a function, looked up when it is first asked for. */
function indexRuns(built: BuiltWorld, living: Living, startup: Startup): World['modulesThatRan'] {
  let index: Map<FunctionRecord, Set<WorldModule>> | null = null
  return record => {
    if (index === null) {
      index = new Map()
      const byUrl = new Map([...living.states.values()].map(state => [state.loaded.url, state.key]))
      for (const run of startup.runs()) {
        const module = built.modules.get(byUrl.get(run.url) ?? '')
        if (!module) continue
        for (const { url, slot } of [...run.ran, ...run.ranLater.values()]) {
          const ran = living.recordOf(url, slot)
          if (ran) index.set(ran, (index.get(ran) ?? new Set()).add(module))
        }
      }
    }
    return [...(index.get(record) ?? [])]
  }
}
