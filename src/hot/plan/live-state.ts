import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import { type Access, accessesOf } from './accesses.ts'
import { isAsDeclared, isObject, isPlain, partsOf } from './as-declared.ts'
import { leavesAsItIs, tagOf } from './harmless.ts'
import { keptUsesOf, type Use } from './kept-uses.ts'
import type { Read } from './reads.ts'
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
 * @param unit of the running text, that declares it.
 * @param value what it holds now.
 * @param isBuiltUp whether other statements add to it.
 */
export function keepingOf(
  wanted: VariableKey,
  unit: UnitPiece,
  value: unknown,
  users: Iterable<WorldModule>,
  isBuiltUp: boolean,
  isFree: (value: unknown) => boolean,
): Keeping | null {
  const held: Held = { value, unit, isBuiltUp, isFree }
  // Said where nothing plainer is found.
  let handedOn: Keeping | null = null
  let changed: Keeping | null = null
  for (const user of users) {
    const model = user.before
    if (model === null) continue
    // Whoever has written there: not every way of doing so shows in the text.
    if (keyBelongsTo(wanted, user) && !isBuiltUp && isAsDeclared(initialiserOf(unit), value) === false)
      changed = {
        module: user,
        line: model.line(unit.ranges[0]?.start ?? 0),
        how: 'declares something else than it holds by now',
      }
    for (const { read, offset, path, end } of usesInFunctions(model)) {
      const use: Read = { ...read, path, end: end === 'escapes' ? 'read' : end }
      for (const access of accessesOf(user, model, use)) {
        const depth = depthOf(access, wanted)
        const how = depth === null ? null : howKept(path.slice(depth), end, held)
        if (how === null) continue
        const keeping = { module: user, line: model.line(offset), how }
        if (end !== 'escapes') return keeping
        handedOn ??= keeping
      }
    }
  }
  return handedOn ?? changed
}

const keyBelongsTo = (key: VariableKey, { key: module }: WorldModule) => key.startsWith(`${module}|`)

/** How many properties of a read lead to a variable; `null` where it does not reach it. */
function depthOf({ key, depth }: Access, wanted: VariableKey): number | null {
  if (key === wanted) return depth
  const isPart = (of: VariableKey, part: VariableKey) => of.endsWith('*') && part.startsWith(of.slice(0, -1))
  // One of all exports: it may be this one.
  if (isPart(key, wanted)) return depth
  return isPart(wanted, key) ? depth - 1 : null
}

const usesByModel = new WeakMap<Model, Use[]>()

function usesInFunctions(model: Model): Use[] {
  let uses = usesByModel.get(model)
  if (!uses) {
    const functions = model.units.flatMap(unit => runnableIn(unit).filter(piece => !runsOnce(unit, piece)))
    uses = functions.flatMap(piece => keptUsesOf(model, piece))
    usesByModel.set(model, uses)
  }
  return uses
}

/** A function that is called where it stands is a part of the statement. */
function runsOnce(unit: Piece, piece: Piece): boolean {
  if (unit.kind !== 'unit' || piece.kind !== 'function' || unit.unit.node.type !== 'ExpressionStatement')
    return false
  const { expression } = unit.unit.node
  return expression.type === 'CallExpression' && expression.callee === piece.code.node
}

interface Held {
  value: unknown
  unit: UnitPiece
  isBuiltUp: boolean
  /** Whether it is a function that knows nothing but the variables of its module. */
  isFree(value: unknown): boolean
}

/** @param path what is followed from what the variable holds. */
function howKept(path: (string | null)[], end: Use['end'], held: Held): string | null {
  switch (end) {
    case 'assigned':
      if (path.length === 0) return 'assigns it'
      return partsOf(held.value, path.slice(0, -1))?.some(isObject) === false ? null : 'writes into it'
    case 'called':
      return howCalled(path, held)
    case 'escapes':
      return howHandedOn(path, held)
    default:
      return null
  }
}

function howCalled(path: (string | null)[], { value, unit, isFree }: Held): string | null {
  const member = path.at(-1)
  if (member === undefined || (path.length === 1 && isOwnHelper(unit, member))) return null
  const parts = partsOf(value, path.slice(0, -1))
  if (parts?.every(part => !isObject(part) || isLeft(part, member) || isFree(ownValue(part, member))))
    return null
  const name = path.filter(each => each !== null).join('.')
  return name === '' || member === null ? 'calls a method of it' : `calls its ${name}()`
}

function ownValue(part: object, member: string | null): unknown {
  return member === null ? undefined : Object.getOwnPropertyDescriptor(part, member)?.value
}

function isLeft(part: object, member: string | null): boolean {
  if (leavesAsItIs(tagOf(part), member)) return true
  return part instanceof RegExp && member !== null && startsAnew(part, member)
}

/** What nobody can write into; and plain containers, which are looked up and read more than they are written into. */
const HARDLY_STATE = new Set('Map Set Date RegExp Error Promise URL Uint8Array ArrayBuffer'.split(' '))

/** What becomes of something that is handed on is not known: it counts if it is not as it was declared, or is no plain data. */
function howHandedOn(path: (string | null)[], { value, unit, isBuiltUp }: Held): string | null {
  const parts = partsOf(value, path)?.filter(part => typeof part === 'object' && part !== null)
  if (!parts || parts.length === 0) return null
  const same = isBuiltUp ? null : isAsDeclared(initialiserOf(unit), value)
  if (same === true) return null
  if (same === false) return 'hands it on, and it is not as it was declared any more'
  const isOpaque = parts.some(
    part => isObject(part) && !isPlain(part) && !HARDLY_STATE.has(tagOf(part)) && !Object.isFrozen(part),
  )
  return isOpaque ? 'hands it on' : null
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
