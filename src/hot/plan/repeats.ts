import type { UnitPiece } from '../diff/match.ts'
import { accessesOf } from './accesses.ts'
import { isObject, partsOf } from './as-declared.ts'
import type { Path } from './follow-path.ts'
import type { Use } from './following.ts'
import { usesBeyond } from './handed-on.ts'
import { leavesAny, tagOf } from './harmless.ts'
import type { CodeBehind, Known } from './how-kept.ts'
import { keptUsesInside, keptUsesOf, usesOfThis } from './kept-uses.ts'
import type { RanCode } from './leftovers.ts'
import type { Read } from './reads.ts'
import { aliasIn, onlyRequires } from './requires.ts'
import { functionAt } from './text-index.ts'
import type { VariableKey, WorldModule } from './world.ts'

/** What is known of the running process that tells what a statement changes. */
export interface Changing extends Known {
  /** What a variable or an export holds. */
  held(key: VariableKey): unknown
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
  for (const { module: user, model, uses } of [own, ...places]) {
    for (const use of uses) {
      const { read, path, end } = use
      const accesses = accessesOf(user, model, { ...read, path, end: end === 'escapes' ? 'read' : end })
      if (accesses.some(({ key }) => isRemade(key))) continue
      for (const { key, depth } of accesses) {
        if (key.endsWith('*')) continue
        const changed = changedBy(
          { ...use, path: path.slice(depth), way: use.way.slice(depth) },
          user,
          known.held(key),
          known,
        )
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

function changes(path: Path, end: Read['end'], value: unknown, known: Known): string | null {
  const holders = path.length === 0 ? [] : partsOf(value, path.slice(0, -1))
  if (end === 'assigned') {
    if (path.length === 0) return 'assigns'
    return holders?.some(isObject) === false ? null : 'writes into'
  }
  const method = path.at(-1)
  if (end !== 'called' || method === undefined || method === null) return null
  const isChanged =
    holders === null
      ? CHANGING.has(method)
      : holders.some(holder => isObject(holder) && changesBy(holder, method, known))
  return isChanged ? 'changes' : null
}

/** Methods of what the language has to put things into. */
const CHANGING = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear'.split(' '),
)
const CONTAINERS = new Set('Map Set Array WeakMap WeakSet'.split(' '))
/** Each call of what goes through something goes on there. */
const GOING = /(Generator|Iterator)$/

/** Whether a method changes what it is called on; what the code of packages does is not known. */
function changesBy(holder: object, method: string, known: Known, seen = new Set<string>()): boolean {
  const tag = tagOf(holder)
  if (CONTAINERS.has(tag)) return !leavesAny(method)
  if (GOING.test(tag)) return method === 'next' || method === 'return'
  const behind = seen.has(method) ? null : known.codeOf(methodOf(holder, method))
  seen.add(method)
  return behind !== null && changesThis(holder, behind, known, seen)
}

function changesThis(holder: object, { model, code }: CodeBehind, known: Known, seen: Set<string>): boolean {
  if (code.kind !== 'function') return false
  return usesOfThis(model, code.node, []).some(({ path, end }) => {
    const method = path.at(-1)
    if (path.length === 1 && end === 'called' && typeof method === 'string')
      return changesBy(holder, method, known, seen)
    return end !== 'escapes' && path.length > 0 && changes(path, end, holder, known) !== null
  })
}

/** Getters are not asked: they are code of the application. */
function methodOf(holder: object, name: string): unknown {
  for (let each: object | null = holder; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(each, name)
    if (descriptor) return descriptor.value
  }
  return undefined
}
