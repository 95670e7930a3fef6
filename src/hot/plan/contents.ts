import { EventEmitter } from 'node:events'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { isInert } from '../syntax/statements.ts'
import { accessesOf } from './accesses.ts'
import { isObject, partsOf } from './as-declared.ts'
import { startOf, unitsOf } from './find-units.ts'
import { KEEPERS, leavesAsItIs, tagOf } from './harmless.ts'
import { holdersIn } from './holders.ts'
import type { Known } from './how-kept.ts'
import { heldBy } from './live-state.ts'
import { isPrinted } from './prints.ts'
import { type Read, readsInside, readsOf, useAt } from './reads.ts'
import { requireOf } from './requires.ts'
import type { Running } from './running.ts'
import { initialiserOf } from './slices.ts'
import { keyFor, type VariableKey, type WorldModule } from './world.ts'

/** A new statement that puts something into what a variable holds: who has looked at that before would have seen it in a fresh start. */
export interface Filled {
  what: string
  module: WorldModule
  offset: number
  /** Whether it is asked for what is on it, and not only called: a class with decorators. */
  decorated: boolean
}

export type Contents = Map<VariableKey, Filled>

/** Notes what a new statement puts where, itself or by the functions that it calls. */
export function noteFilled(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  known: Running,
  contents: Contents,
): void {
  const filled = { module, offset: startOf(unit) }
  const note = (key: VariableKey, decorated: boolean) => {
    const name = key.slice(key.indexOf('|') + 1).replace(/^exports\./, '')
    const what = `what \`${name}\` holds, into which ${module.key}:${model.line(startOf(unit))} puts something`
    if (!contents.has(key)) contents.set(key, { ...filled, what, decorated })
  }
  const decorated = decoratedBy(unit)
  if (decorated !== null) note(keyFor(module, decorated), true)
  const own = { module, model, reads: readsOf(model, unit) }
  const called = codeCalledBy(own, known)
  for (const each of [own, ...called])
    for (const read of each.reads) {
      if (isUnbound(each.model, read) || isPackage(each.module, each.model, read)) continue
      const value = read.of === 'variable' ? heldBy(each.module, read.name, known) : undefined
      const isAssigned = each !== own && read.end === 'assigned'
      for (const { key, depth } of accessesOf(each.module, each.model, read)) {
        const path = read.path.slice(depth)
        if ((isAssigned && path.length === 0) || fills(read, path, value, known)) note(key, false)
      }
    }
}

/** A text, and what is used there. */
interface Place {
  module: WorldModule
  model: Model
  reads: Read[]
}

/** A function, by its text. */
interface Called {
  module: WorldModule
  model: Model
  node: { start: number; end: number }
}

/** Functions that run when a statement does, as far as it and they call them by name. */
function codeCalledBy(statement: Place, known: Running): Place[] {
  const nodes = new Set<Called['node']>()
  const places: Place[] = []
  const follow = (from: Place) => {
    for (const each of from.reads.flatMap(read => calledBy(from, read, statement, known))) {
      if (nodes.has(each.node)) continue
      nodes.add(each.node)
      const place = { ...each, reads: readsInside(each.model, each.node) }
      places.push(place)
      follow(place)
    }
  }
  follow(statement)
  return places
}

/** In the text of the statement, functions are what they become with it. */
function calledBy(from: Place, read: Read, statement: Place, known: Running): Called[] {
  if (read.end !== 'called') return []
  const { module, model } = statement
  if (from.model === model && read.of === 'variable' && read.path.length === 0) {
    const declared = unitsOf(model).find(({ unit }) => unit.names.includes(read.name))
    if (declared) return [{ module, model, node: declared.unit.node }]
  }
  return accessesOf(from.module, from.model, read).flatMap(({ key, depth }) =>
    (partsOf(known.held(key), read.path.slice(depth)) ?? []).flatMap(part => {
      const behind = known.codeOf(part)
      return behind ? [{ module: behind.module, model: behind.model, node: behind.code.node }] : []
    }),
  )
}

/** `X` of `__decorate([…], X.prototype, 'name', null)`, as compilers write the decorators of a member. */
function decoratedBy({ unit: { node } }: UnitPiece): string | null {
  const call = node.type === 'ExpressionStatement' ? node.expression : null
  if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier') return null
  const [, target] = call.arguments
  const of = target?.type === 'MemberExpression' ? target.object : target
  return call.callee.name.startsWith('__decorate') && of?.type === 'Identifier' ? of.name : null
}

/** `(0, a.b)()`: compilers call functions of other modules like this. */
const isUnbound = ({ text }: Model, { offset, end }: Read) =>
  end === 'called' && /\(0,\s*$/.test(text.slice(Math.max(0, offset - 8), offset))

function isPackage(module: WorldModule, model: Model, read: Read): boolean {
  const required = read.of === 'variable' ? requireOf(model, read.name) : null
  return required !== null && module.target(required.request) === null
}

function fills({ end }: Read, path: Read['path'], value: unknown, known: Known): boolean {
  if (path.length === 0 || !isObject(value)) return false
  if (end === 'assigned') return true
  if (end !== 'called' || !isContainer(value)) return false
  const method = path.at(-1) ?? null
  const parts = partsOf(value, path.slice(0, -1))?.filter(isObject)
  return !parts?.every(part => leavesContents(part, method, known))
}

/** Functions are asked when they are called: a router, say. */
const isContainer = (value: object) => typeof value !== 'function' || isClass(value)

const isClass = (value: object) => /^class\b/.test(Function.prototype.toString.call(value))

/** Methods of loggers, and of what keeps a process going. */
const TELLING = new Set('log info warn error debug trace fatal verbose silly ref unref'.split(' '))

function leavesContents(part: object, method: string | null, { isFree }: Known): boolean {
  if (method === null) return false
  if (TELLING.has(method) || leavesAsItIs(tagOf(part), method)) return true
  if (part instanceof EventEmitter && KEEPERS.has(method)) return true
  return isFree(Object.getOwnPropertyDescriptor(part, method)?.value)
}

/** What a statement that was evaluated before has looked at; `null` where that is nothing into which something is put now. */
export function filledRead(
  contents: Contents,
  module: WorldModule,
  unit: UnitPiece,
  reads: Iterable<{ module: WorldModule; model: Model; reads: Read[] }>,
  known: Known,
): string | null {
  if (contents.size === 0) return null
  for (const each of reads)
    for (const read of each.reads.filter(({ offset }) => !isPrinted(each.model, offset)))
      for (const { key, depth } of accessesOf(each.module, each.model, read)) {
        const filled = contents.get(key)
        if (!filled || (filled.module === module && startOf(unit) < filled.offset)) continue
        const value = read.of === 'variable' ? heldBy(each.module, read.name, known) : undefined
        if (looksAt(read, depth, value, filled, known)) return filled.what
      }
  return null
}

function looksAt(read: Read, depth: number, value: unknown, filled: Filled, known: Known): boolean {
  switch (useAt(read, depth).use) {
    case 'read':
      return filled.decorated || typeof value !== 'function'
    case 'member-read':
      return !filled.decorated
    case 'member-called':
      return !filled.decorated && !(isObject(value) && leavesLooked(value, read.path.at(-1) ?? null, known))
    default:
      return false
  }
}

const leavesLooked = (value: object, method: string | null, { isFree }: Known): boolean =>
  method !== null &&
  (TELLING.has(method) ||
    (value instanceof EventEmitter && KEEPERS.has(method)) ||
    isFree(Object.getOwnPropertyDescriptor(value, method)?.value))

/** A statement that only gives another name to something: what is put into that is put into this. */
export function passFilled(module: WorldModule, unit: UnitPiece, what: string, contents: Contents): boolean {
  const initialiser = initialiserOf(unit)
  if (initialiser === null || !isInert(initialiser)) return false
  for (const { key } of holdersIn(module, unit))
    if (!contents.has(key)) contents.set(key, { what, module, offset: startOf(unit), decorated: false })
  return true
}
