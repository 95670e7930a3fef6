import { isObject, partsOf } from './as-declared.ts'
import type { Path } from './follow-path.ts'
import { leavesAny, tagOf } from './harmless.ts'
import type { CodeBehind, Known } from './how-kept.ts'
import { usesOfThis } from './kept-uses.ts'
import type { Read } from './reads.ts'

/** What a use does to what something holds, in words; `null` where it changes nothing, as far as that is known. */
export function changes(path: Path, end: Read['end'], value: unknown, known: Known): string | null {
  const holders = path.length === 0 ? [] : partsOf(value, path.slice(0, -1))
  if (end === 'assigned') {
    if (path.length === 0) return 'assigns'
    return holders?.some(isObject) === false ? null : 'writes into'
  }
  const method = path.at(-1)
  if (end === 'read' && typeof method === 'string')
    return holders?.some(holder => isObject(holder) && isChangedByGetter(holder, method, known))
      ? 'changes'
      : null
  if (end !== 'called' || method === undefined || method === null) return null
  const isChanged =
    holders === null
      ? CHANGING.has(method)
      : holders.some(holder => isObject(holder) && changesBy(holder, method, known))
  return isChanged ? 'changes' : null
}

/** Methods of what the language has to put things into. */
export const CHANGING = new Set(
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
    return (
      end !== 'escapes' && end !== 'compared' && path.length > 0 && changes(path, end, holder, known) !== null
    )
  })
}

function isChangedByGetter(holder: object, name: string, known: Known): boolean {
  const getter = descriptorOf(holder, name)?.get
  const behind = getter === undefined ? null : known.codeOf(getter)
  return behind !== null && changesThis(holder, behind, known, new Set())
}

/** Getters are not asked: they are code of the application. */
const methodOf = (holder: object, name: string): unknown => descriptorOf(holder, name)?.value

function descriptorOf(holder: object, name: string): PropertyDescriptor | undefined {
  for (let each: object | null = holder; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(each, name)
    if (descriptor) return descriptor
  }
  return undefined
}
