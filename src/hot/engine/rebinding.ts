import type { Difference } from '../diff/diff.ts'
import type { Model, Piece } from '../model/model.ts'
import type { Changes } from '../plan/changes.ts'
import { originText } from '../plan/exports.ts'
import { readsOf } from '../plan/reads.ts'
import { runnableIn } from '../plan/slices.ts'
import { keyFor, originOfRequest, passesOn, type WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import { type ExportChange, placeText } from './export-changes.ts'

/** Imports of living modules that stand for something else than the bindings which the modules were linked with, by local names. */
export type Rebound = Map<WorldModule, Set<string>>

/**
 * Finds imports whose binding is not what it was: what is exported comes from elsewhere now, or from CommonJS, whose values Node.js copies
 * when it links. Functions that use these are compiled anew, such that they look the value up.
 *
 * @param moved places of functions that are elsewhere now: those that are known call the new ones.
 */
export function findRebound(
  built: BuiltWorld,
  exports: Map<WorldModule, ExportChange>,
  moved: ReadonlySet<string>,
  { values }: Changes,
): Rebound {
  const rebound: Rebound = new Map()
  for (const module of importersOf(built, exports, values)) {
    const { before, after } = module
    const state = built.stateOf(module)
    if (module.format !== 'module' || !before || !after || !state) continue
    for (const [local, imported] of after.imports) {
      const linked = state.base().imports.get(local)
      if (linked?.request !== imported.request || linked.name !== imported.name) continue
      if (!isOther(module, local, before, built, exports, moved, values)) continue
      rebound.set(module, (rebound.get(module) ?? new Set()).add(local))
    }
  }
  return rebound
}

function isOther(
  module: WorldModule,
  local: string,
  before: Model,
  built: BuiltWorld,
  exports: Map<WorldModule, ExportChange>,
  moved: ReadonlySet<string>,
  values: Changes['values'],
): boolean {
  const imported = module.after?.imports.get(local)
  const known = before.imports.get(local)
  if (!imported) return false
  // It was something else in between: the binding may be of a name that has moved meanwhile.
  if (known?.request !== imported.request || known.name !== imported.name) return true
  const target = module.target(imported.request)
  if (imported.name === '*' && target)
    return target.format === 'module' ? exports.has(target) : changes(values, target, '')
  const now = originOfRequest(module, imported.request, imported.name)
  const then = originOfRequest(module, imported.request, imported.name, 'before')
  if (placeText(then, 'before', built) !== placeText(now, 'after', built)) return !moved.has(originText(then))
  // It may have moved before.
  if (now.kind === 'variable') return now.module !== target && values.has(keyFor(now.module, now.local))
  if (now.kind !== 'commonjs') return false
  return changes(values, now.module, '*') || changes(values, now.module, now.name)
}

/** Whether an export of a CommonJS module gets another value; any of them for an empty name. */
function changes(values: Changes['values'], { key }: WorldModule, name: string): boolean {
  if (name !== '') return values.has(`${key}|exports.${name}`)
  for (const changed of values.keys()) if (changed.startsWith(`${key}|exports.`)) return true
  return false
}

/** Who imports from modules whose exports change, be it through others. */
function importersOf(
  built: BuiltWorld,
  exports: Map<WorldModule, ExportChange>,
  values: Changes['values'],
): Set<WorldModule> {
  const importers = new Set<WorldModule>()
  const ofCommonjs = [...values.keys()].flatMap(key =>
    key.split('|exports.', 2)[1] ? [key.split('|')[0] ?? ''] : [],
  )
  const sources = new Set([...[...exports.keys()].map(({ key }) => key), ...ofCommonjs])
  for (const source of sources) {
    for (const importer of built.importersOf(source)) {
      importers.add(importer)
      if (passesOn(importer)) sources.add(importer.key)
    }
  }
  return importers
}

/** Has the functions of a module that use some names compiled anew, whether they changed or not. */
export function replaceUsers(difference: Difference, names: ReadonlySet<string>): void {
  const { after, functions, constructors, origin } = difference
  const known = new Set<Piece>([...functions, ...constructors].map(each => each.after))
  const uses = (piece: Piece) =>
    readsOf(after, piece).some(read => read.of === 'variable' && names.has(read.name))
  for (const unit of after.units) {
    if (unit.kind !== 'unit') continue
    for (const piece of runnableIn(unit)) {
      const before = origin.get(piece)
      if (!before || known.has(piece) || !uses(piece)) continue
      if (piece.kind === 'function' && before.kind === 'function')
        functions.push({ before, after: piece, unit })
      if (piece.kind === 'constructor' && before.kind === 'constructor')
        constructors.push({ before, after: piece, unit })
    }
  }
}
