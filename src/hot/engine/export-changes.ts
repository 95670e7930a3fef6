import { annexedNames } from '../apply/compile.ts'
import { type ExportList, exportListOf, originText } from '../plan/exports.ts'
import { modelAt, type Origin, passesOn, type Side, type WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'

/** An ES module that exports other names after an upgrade, or the same names from elsewhere. */
export interface ExportChange {
  before: ExportList
  after: ExportList
  /** Names that are gone, and names that stand for something else. */
  gone: string[]
  moved: string[]
}

/** All living ES modules whose exports change: those that changed themselves, and those that pass on what they export. */
export function exportChanges(built: BuiltWorld): Map<WorldModule, ExportChange> {
  const changes = new Map<WorldModule, ExportChange>()
  const looked = new Set<WorldModule>()
  const waiting = built.changed.filter(({ format }) => format === 'module')
  for (let module = waiting.pop(); module; module = waiting.pop()) {
    if (looked.has(module) || module.before === null || module.after === null) continue
    looked.add(module)
    const change = changeOf(module, built)
    if (change === null) continue
    changes.set(module, change)
    for (const importer of built.importersOf(module.key))
      if (importer.format === 'module' && passesOn(importer)) waiting.push(importer)
  }
  return changes
}

function changeOf(module: WorldModule, built: BuiltWorld): ExportChange | null {
  const atRun = namesAtRun(built)
  const before = exportListOf(module, 'before', atRun)
  const after = exportListOf(module, 'after', atRun)
  const gone = [...before.names.keys()].filter(name => !after.names.has(name))
  const moved = [...before.names].flatMap(([name, origin]) => {
    const now = after.names.get(name)
    return now && placeText(origin, 'before', built) !== placeText(now, 'after', built) ? [name] : []
  })
  const added = [...after.names.keys()].some(name => !before.names.has(name))
  return added || gone.length + moved.length > 0 ? { before, after, gone, moved } : null
}

/** Names that a living CommonJS module exports. */
export const namesAtRun =
  ({ stateOf }: Pick<BuiltWorld, 'stateOf'>) =>
  (module: WorldModule): string[] => {
    const inside = stateOf(module)?.loaded.living?.inside as { exports?: unknown } | undefined
    const exports = inside?.exports
    const isObject = (typeof exports === 'object' && exports !== null) || typeof exports === 'function'
    return isObject ? Object.keys(exports) : []
  }

/** Where the value of an export is kept, as text. */
export function placeText(origin: Origin, side: Side, { stateOf }: BuiltWorld): string {
  if (origin.kind !== 'variable') return originText(origin)
  const state = stateOf(origin.module)
  const model = modelAt(origin.module, side)
  const annexed = state && model && annexedNames(state.base(), model, state.annexNames).has(origin.local)
  return `${annexed ? 'annexed ' : ''}${originText(origin)}`
}
