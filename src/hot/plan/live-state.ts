import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import { type Access, accessesOf } from './accesses.ts'
import { isAsDeclared, isFrozen, isObject, isPlain, partsOf } from './as-declared.ts'
import type { Path } from './follow-value.ts'
import { type FarUse, usesBeyond } from './handed-on.ts'
import { leavesAsItIs, tagOf } from './harmless.ts'
import { type KeptUse, keptUsesOf } from './kept-uses.ts'
import type { Read } from './reads.ts'
import { initialiserOf, runnableIn } from './slices.ts'
import { functionAt } from './text-index.ts'
import { exportsIn, originOfRequest, type VariableKey, type WorldModule } from './world.ts'

/** Where a function keeps something in a variable. */
export interface Keeping {
  module: WorldModule
  line: number
  how: string
}

/** What is known of the running process that tells whether something is state. */
export interface Known {
  value(module: WorldModule, name: string): unknown
  /** Whether it is a function that knows nothing but the variables of its module. */
  isFree(value: unknown): boolean
  usersOf(module: WorldModule): Iterable<WorldModule>
}

/**
 * Where functions keep state in a variable, or an export: assign it, write into what it holds, or call methods of that. It is not to be
 * started anew, then.
 *
 * @param unit of the running text of the module, that declares it.
 * @param value what it holds now.
 * @param isBuiltUp whether other statements add to it.
 */
export function keepingOf(
  module: WorldModule,
  wanted: VariableKey,
  unit: UnitPiece,
  value: unknown,
  isBuiltUp: boolean,
  known: Known,
): Keeping | null {
  const isSame = isBuiltUp
    ? null
    : isAsDeclared(initialiserOf(unit), value, name => heldBy(module, name, known))
  const held: Held = { value, unit, isSame, known, seen: new Set() }
  // Said where nothing plainer is found.
  let handedOn: Keeping | null = null
  for (const user of known.usersOf(module)) {
    const model = user.before
    if (model === null) continue
    for (const { read, offset, path, end, to, isAtStart } of usesIn(model)) {
      const use: Read = { ...read, path, end: end === 'escapes' ? 'read' : end }
      for (const access of accessesOf(user, model, use)) {
        const depth = depthOf(access, wanted, module)
        if (depth === null) continue
        const far = { module: user, offset, path: path.slice(depth), end, to, given: null }
        const keeping = isAtStart ? keptSinceStart(far, { ...held, seen: new Set() }) : keptBy(far, held)
        if (keeping !== null && end !== 'escapes') return keeping
        handedOn ??= keeping
      }
    }
  }
  if (handedOn || isSame !== false) return handedOn
  // Whoever has written there: not every way of doing so shows in the text.
  const line = module.before?.line(unit.ranges[0]?.start ?? 0) ?? 0
  return { module, line, how: 'declares something else than it holds by now' }
}

/** What a variable holds, be it imported. */
export function heldBy(module: WorldModule, name: string, { value }: Known): unknown {
  const imported = module.before?.imports.get(name)
  if (!imported) return value(module, name)
  const origin = originOfRequest(module, imported.request, imported.name, 'before')
  return origin.kind === 'variable' ? value(origin.module, origin.local) : undefined
}

/** How many properties of a read lead to a variable; `null` where it does not reach it. */
function depthOf({ key, depth }: Access, wanted: VariableKey, module: WorldModule): number | null {
  if (key === wanted) return depth
  const isPart = (of: VariableKey, part: VariableKey) => of.endsWith('*') && part.startsWith(of.slice(0, -1))
  // One of all exports: it may be this one.
  if (isPart(key, wanted)) return isExported(wanted, module) ? depth : null
  return isPart(wanted, key) ? depth - 1 : null
}

function isExported(wanted: VariableKey, { key, format, before }: WorldModule): boolean {
  if (format !== 'module' || before === null) return true
  const exported = [...exportsIn(before).named.values()]
  return exported.some(each => each.from === 'here' && `${key}|${each.local}` === wanted)
}

interface TimedUse extends KeptUse {
  /** Whether it is done while the module is evaluated, and would be done again then. */
  isAtStart: boolean
}

const usesByModel = new WeakMap<Model, TimedUse[]>()

function usesIn(model: Model): TimedUse[] {
  let uses = usesByModel.get(model)
  if (!uses) {
    const usesOf = (piece: Piece, isAtStart: boolean) =>
      keptUsesOf(model, piece).map(use => ({ ...use, isAtStart }))
    uses = model.units.flatMap(unit => {
      const functions = runnableIn(unit).filter(piece => !runsOnce(unit, piece))
      return [...functions.flatMap(piece => usesOf(piece, false)), ...usesOf(unit, true)]
    })
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
  /** Whether it is as it was declared, as far as that can be said. */
  isSame: boolean | null
  known: Known
  /** Where it has been followed to. */
  seen: Set<string>
}

/** @param use of what the variable holds. */
function keptBy({ module, offset, path, end, to }: FarUse, held: Held): Keeping | null {
  const how = end === 'escapes' ? howHandedOn(path, held) : howKept(path, end, held)
  if (how === null) return null
  if (how !== 'unsure') return { module, line: module.before?.line(offset) ?? 0, how }
  const unsure = { module, line: module.before?.line(offset) ?? 0, how: UNSURE }
  const mark = `${module.key} ${offset} ${to?.kind} ${path.join('.')}`
  if (held.seen.has(mark)) return null
  held.seen.add(mark)
  const beyond = to && usesBeyond(module, to, path, held.known.usersOf)
  if (!beyond) return unsure
  for (const use of beyond) {
    const keeping = keptBy(use, held)
    if (keeping) return keeping
  }
  return null
}

/** Where functions keep something there that were made by one that was given it at the start. */
function keptSinceStart({ module, offset, path, end, to }: FarUse, held: Held): Keeping | null {
  if (end !== 'escapes' || to?.kind !== 'argument' || howHandedOn(path, held) === null) return null
  const mark = `${module.key} ${offset} start ${path.join('.')}`
  if (held.seen.has(mark)) return null
  held.seen.add(mark)
  for (const use of usesBeyond(module, to, path, held.known.usersOf) ?? []) {
    const model = use.module.before
    const isLater = model !== null && functionAt(model, use.offset) !== use.given
    const keeping = isLater ? keptBy(use, held) : keptSinceStart(use, held)
    if (keeping && keeping.how !== UNSURE) return keeping
  }
  return null
}

const UNSURE = 'hands it on, and its declaration does not tell whether it is still as it was made'

/** @param path what is followed from what the variable holds. */
function howKept(path: Path, end: Read['end'], held: Held): string | null {
  switch (end) {
    case 'assigned':
      if (path.length === 0) return 'assigns it'
      return partsOf(held.value, path.slice(0, -1))?.some(isObject) === false ? null : 'writes into it'
    case 'called':
      return howCalled(path, held)
    default:
      return null
  }
}

function howCalled(path: Path, { value, unit, known }: Held): string | null {
  const member = path.at(-1)
  if (member === undefined || (path.length === 1 && isOwnHelper(unit, member))) return null
  const parts = partsOf(value, path.slice(0, -1))
  if (parts?.every(part => !isObject(part) || isLeft(part, member) || isHelperOf(part, member, known)))
    return null
  const name = path.filter(each => each !== null).join('.')
  return name === '' || member === null ? 'calls a method of it' : `calls its ${name}()`
}

/** Whether what is called knows nothing of the object that it is in; for `null`, whichever of it: a table of functions. */
function isHelperOf(part: object, member: string | null, { isFree }: Known): boolean {
  const own = Object.getOwnPropertyDescriptors(part)
  if (member !== null) return isFree(own[member]?.value)
  return isPlain(part) && !Array.isArray(part) && Object.values(own).every(({ value }) => isFree(value))
}

function isLeft(part: object, member: string | null): boolean {
  if (leavesAsItIs(tagOf(part), member)) return true
  return part instanceof RegExp && member !== null && startsAnew(part, member)
}

/** What is data, as plain objects are: it is state where somebody writes into it. */
const DATA = new Set('Map Set Date URL Uint8Array ArrayBuffer'.split(' '))
/** What nobody writes into. */
const HARDLY_STATE = new Set('RegExp Error Promise'.split(' '))

/** It counts if it is not as it was declared, or is no plain data; where that cannot be said, it is `unsure` until it has been followed. */
function howHandedOn(path: Path, { value, isSame }: Held): string | 'unsure' | null {
  const found = partsOf(value, path)
  const parts = found?.filter(part => typeof part === 'object' && part !== null)
  if (isSame === true || parts?.length === 0) return null
  if (isSame === false) return 'hands it on, and it is not as it was declared any more'
  const counting = parts?.filter(part => !isFrozen(part) && !HARDLY_STATE.has(tagOf(part)))
  if (counting?.length === 0) return null
  const isOpaque = counting?.some(
    part => isObject(part) && !isPlain(part) && !DATA.has(tagOf(part)) && !Object.isFrozen(part),
  )
  return isOpaque ? 'hands it on' : 'unsure'
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
