import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import { type Access, accessesOf } from './accesses.ts'
import { leavesAsItIs, tagOf } from './harmless.ts'
import { readsOf, useAt } from './reads.ts'
import { initialiserOf, runnableIn } from './slices.ts'
import type { VariableKey, WorldModule } from './world.ts'

/** Where a function keeps something in a variable. */
export interface Keeping {
  module: WorldModule
  line: number
  how: string
}

/**
 * Where functions keep state in a variable, or an export: assign it, write into what it holds, or call methods of that. It is not to be
 * started anew, then.
 *
 * @param value what it holds now.
 */
export function keepingOf(
  wanted: VariableKey,
  unit: UnitPiece,
  value: unknown,
  users: Iterable<WorldModule>,
): Keeping | null {
  for (const user of users) {
    const model = user.before
    if (model === null) continue
    for (const piece of functionsOf(model)) {
      for (const read of readsOf(model, piece)) {
        for (const access of accessesOf(user, model, read)) {
          const depth = depthOf(access, wanted)
          const how = depth === null ? null : howKept(useAt(read, depth), value, unit)
          if (how !== null) return { module: user, line: model.line(read.offset), how }
        }
      }
    }
  }
  return null
}

/** How many properties of a read lead to a variable; `null` where it does not reach it. */
function depthOf({ key, depth }: Access, wanted: VariableKey): number | null {
  if (key === wanted) return depth
  const isPart = (of: VariableKey, part: VariableKey) => of.endsWith('*') && part.startsWith(of.slice(0, -1))
  // One of all exports: it may be this one.
  if (isPart(key, wanted)) return depth
  return isPart(wanted, key) ? depth - 1 : null
}

const functionsByModel = new WeakMap<Model, Piece[]>()

function functionsOf(model: Model): Piece[] {
  let pieces = functionsByModel.get(model)
  if (!pieces) {
    pieces = model.units.flatMap(runnableIn)
    functionsByModel.set(model, pieces)
  }
  return pieces
}

function howKept({ use, member }: ReturnType<typeof useAt>, value: unknown, unit: UnitPiece): string | null {
  if (use === 'assigned') return 'assigns it'
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject) return null
  if (use === 'member-assigned') return 'writes into it'
  if (use !== 'member-called' || isOwnHelper(unit, member)) return null
  if (member === null) return 'calls a method of it'
  if (leavesAsItIs(tagOf(value), member) || (value instanceof RegExp && startsAnew(value, member)))
    return null
  return `calls its ${member}()`
}

/** What a regular expression keeps is where its last match ended. */
function startsAnew(expression: RegExp, member: string): boolean {
  return (member === 'test' || member === 'exec') && expression.lastIndex === 0
}

/** A function in an object literal that knows nothing of the object it is in; `null` for whichever of them. */
function isOwnHelper(unit: UnitPiece, member: string | null): boolean {
  const literal = initialiserOf(unit)
  if (literal?.type !== 'ObjectExpression') return false
  const isHelper = (property: (typeof literal.properties)[number]) => {
    if (property.type !== 'Property') return false
    if (property.value.type === 'ArrowFunctionExpression') return true
    return unit.children.some(
      child =>
        child.kind === 'function' && child.code.node === property.value && !child.code.uses.has('this'),
    )
  }
  if (member === null) return literal.properties.every(isHelper)
  return literal.properties.some(
    property =>
      property.type === 'Property' &&
      property.key.type === 'Identifier' &&
      property.key.name === member &&
      isHelper(property),
  )
}
