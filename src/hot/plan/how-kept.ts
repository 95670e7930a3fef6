import { isBuiltin } from 'node:module'
import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import type { Code } from '../syntax/code.ts'
import { isFrozen, isObject, isPlain, partsOf } from './as-declared.ts'
import type { Path } from './follow-path.ts'
import type { Use } from './following.ts'
import { leavesAsItIs, tagOf } from './harmless.ts'
import { requireOf } from './requires.ts'
import { initialiserOf, isTaken } from './slices.ts'
import type { WorldModule } from './world.ts'

/** The code that a function runs now. */
export interface CodeBehind {
  module: WorldModule
  model: Model
  code: Code
}

/** What is known of the running process that tells whether something is state. */
export interface Known {
  /** What a variable of a living module holds now. */
  value(module: WorldModule, name: string): unknown
  /** Whether it is a function that knows nothing but the variables of its module. */
  isFree(value: unknown): boolean
  /** Whether there are functions in something, as far as plain data goes, that may change what they were made with, apart from what is in another. */
  mayChange(value: unknown, apart: unknown): boolean
  /** The code of a function of the application; `null` for anything else. */
  codeOf(value: unknown): CodeBehind | null
  /** Modules that can use a variable of another. */
  usersOf(module: WorldModule): Iterable<WorldModule>
}

/** A variable whose uses are looked at. */
export interface Held {
  module: WorldModule
  value: unknown
  unit: UnitPiece
  /** Whether it is as it was declared, as far as that can be said. */
  isSame: boolean | null
  known: Known
  /** Where it has been followed to. */
  seen: Set<string>
}

export const UNSURE = 'hands it on, and its declaration does not tell whether it is still as it was made'

/** @param path what is followed from what the variable holds. */
export function howKept(path: Path, end: Use['end'], held: Held): string | null {
  switch (end) {
    case 'assigned':
      if (path.length === 0) return 'assigns it'
      return partsOf(held.value, path.slice(0, -1))?.some(isObject) === false ? null : 'writes into it'
    case 'called':
      return howCalled(path, held)
    case 'compared':
      return partsOf(held.value, path)?.some(isObject) === false
        ? null
        : 'tells it from others by being itself'
    default:
      return null
  }
}

function howCalled(path: Path, held: Held): string | null {
  const { value, unit, known } = held
  const member = path.at(-1)
  if (path.length === 0) return isMadeByPackage(held) ? `calls it, and ${OF_PACKAGE}` : null
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
export function howHandedOn(path: Path, held: Held): string | 'unsure' | null {
  const { value, isSame } = held
  if (path.length === 0 && isMadeByPackage(held)) return `hands it on, and ${OF_PACKAGE}`
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

const OF_PACKAGE = 'what a function that a package has made keeps is not known'

/** Whether it is a function that a package has made for this variable: a limit of requests, say, counts in it. */
export function isMadeByPackage({
  module,
  unit,
  value,
  known,
}: Pick<Held, 'module' | 'unit' | 'value' | 'known'>): boolean {
  const initialiser = initialiserOf(unit)
  if (typeof value !== 'function' || initialiser === null || isTaken(initialiser)) return false
  if (known.codeOf(value) !== null || /\[native code\]\s*\}$/.test(Function.prototype.toString.call(value)))
    return false
  return !isMadeByNode(module, initialiser)
}

/** `promisify(read)`. */
function isMadeByNode({ before }: WorldModule, node: AnyNode): boolean {
  if (before === null || node.type !== 'CallExpression') return false
  const { callee } = node
  const root = callee.type === 'MemberExpression' ? callee.object : callee
  if (root.type !== 'Identifier') return false
  const request = before.imports.get(root.name)?.request ?? requireOf(before, root.name)?.request
  return request !== undefined && isBuiltin(request)
}
