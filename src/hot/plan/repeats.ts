import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { accessesOf } from './accesses.ts'
import { partsOf } from './as-declared.ts'
import { changes } from './changing.ts'
import { changesOlder } from './closure-state.ts'
import type { Use } from './following.ts'
import { usesBeyond } from './handed-on.ts'
import { isMadeByPackage, type Known } from './how-kept.ts'
import { keptUsesInside, keptUsesOf } from './kept-uses.ts'
import type { RanCode } from './leftovers.ts'
import { aliasIn, onlyRequires } from './requires.ts'
import { functionAt, indexOf } from './text-index.ts'
import type { VariableKey, WorldModule } from './world.ts'

/** What is known of the running process that tells what a statement changes. */
export interface Changing extends Known {
  /** What a variable or an export holds. */
  held(key: VariableKey): unknown
  /** The statement that declares a variable, or sets an export. */
  declared(key: VariableKey): { module: WorldModule; unit: UnitPiece } | null
  /** Functions of the application that ran when a unit was evaluated, or in its name later. */
  codeThatRan(module: WorldModule, unit: UnitPiece): RanCode[]
  codeThatRanLater(module: WorldModule, unit: UnitPiece): RanCode[]
}

/**
 * What a unit has changed when it was evaluated, be it by functions that ran, and would change once more: variables that are not made anew
 * with it, and what they hold. In words; `null` where there is nothing.
 *
 * @param unit of the running text.
 */
export function doneOnceMore(
  module: WorldModule,
  unit: UnitPiece,
  isRemade: (key: VariableKey) => boolean,
  known: Changing,
): string | null {
  const { before } = module
  if (before === null || onlyRequires(unit) || aliasIn(unit, before)) return null
  const own = { module, model: before, uses: keptUsesOf(before, unit) }
  const ran = [...known.codeThatRan(module, unit), ...known.codeThatRanLater(module, unit)]
  const places = ran.map(code => ({ ...code, uses: keptUsesInside(code.model, code.node) }))
  for (const { module: user, model, node } of ran) {
    const older = changesOlder(model, node, around => ran.some(other => other.node === around.body))
    if (older)
      return `${user.key}:${model.line(older.offset)} changes \`${older.name}\`, which goes with a function`
  }
  for (const { module: user, model, uses } of [own, ...places]) {
    for (const use of uses) {
      const { read, path, end } = use
      if (end === 'compared' || read.node.type === 'ThisExpression') continue
      const accesses = accessesOf(user, model, { ...read, path, end: end === 'escapes' ? 'read' : end })
      if (accesses.some(({ key }) => isRemade(key))) continue
      for (const { key, depth } of accesses) {
        if (key.endsWith('*')) continue
        const part = { ...use, path: path.slice(depth), way: use.way.slice(depth) }
        const value = known.held(key)
        const changed = asksPackage(part, model, key, value, known)
          ? 'asks a package, which may know it already, by way of'
          : changedBy(part, user, value, known)
        if (changed) {
          const name = key.slice(key.indexOf('|') + 1).replace(/^exports\./, '')
          return `${user.key}:${model.line(use.offset)} ${changed} \`${name}\``
        }
      }
    }
  }
  return null
}

function changedBy(
  { path, way, end, to }: Use,
  user: WorldModule,
  value: unknown,
  known: Known,
  seen = new Set<string>(),
): string | null {
  if (end === 'compared') return null
  if (end !== 'escapes') return changes(path, end, value, known)
  const mark = `${user.key} ${JSON.stringify(way)} ${to?.kind === 'argument' ? to.callee.start : ''}`
  if (to?.kind !== 'argument' || to.how === 'later' || seen.has(mark)) return null
  seen.add(mark)
  for (const use of usesBeyond(user, to, way, known.usersOf) ?? []) {
    const model = use.module.before
    if (model === null || functionAt(model, use.offset) !== use.given) continue
    if (changedBy(use, use.module, value, known, seen)) return 'has a function change'
  }
  return null
}

/** Whether it calls a function that a package has made, without giving it anything: what that gives has been worked out already, maybe. */
function asksPackage(
  { path, end, offset }: Use,
  model: Model,
  key: VariableKey,
  value: unknown,
  known: Changing,
): boolean {
  const declared = end === 'called' ? known.declared(key) : null
  return (
    declared !== null &&
    (partsOf(value, path) ?? []).some(part => isMadeByPackage({ ...declared, value: part, known })) &&
    isCalledWithNothing(model, offset)
  )
}

function isCalledWithNothing(model: Model, offset: number): boolean {
  const { parents, variables } = indexOf(model)
  let node = [...parents.keys()].find(
    ({ start, type }) => start === offset && type === 'Identifier' && variables.has(start),
  )
  while (node) {
    const parent: AnyNode | undefined = parents.get(node)
    if (parent?.type === 'CallExpression' && parent.callee === node) return parent.arguments.length === 0
    node = parent?.type === 'MemberExpression' && parent.object === node ? parent : undefined
  }
  return false
}
