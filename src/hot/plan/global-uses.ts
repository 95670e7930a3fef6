import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import { childrenOf, startOf } from '../syntax/parse.ts'
import { HARMLESS, MAKERS, TELLERS, tagOf } from './harmless.ts'
import { followed, type Read } from './reads.ts'
import { rootIn } from './roots.ts'

/** A use of what all modules see, such as `process.env.MODE`, by what leads to it from `globalThis`. */
export interface GlobalUse {
  path: string[]
  writes: boolean
}

/** What may be such a use, as it stands in the text. */
interface Candidate extends Pick<Read, 'path' | 'end' | 'offset'> {
  name: string
  /** Whether it is a variable of the module, which may hold `process`, or its environment. */
  isTop: boolean
  /** Whether it is handed to a function that may do anything with it. */
  isGiven: boolean
}

/**
 * Every use of globals in a part of a text.
 *
 * @param isInside whether what stands at an offset is a part of it.
 * @param value what a variable of the module holds.
 */
export function globalUsesIn(
  model: Model,
  isInside: (offset: number) => boolean,
  value: (name: string) => unknown,
): GlobalUse[] {
  return candidatesIn(model).flatMap(candidate => {
    if (!isInside(candidate.offset)) return []
    const root = candidate.isTop ? rootOf(value(candidate.name)) : rootNamed(candidate.name)
    return root === null ? [] : [useOf(candidate, root)]
  })
}

/** What both use, of which one writes; as it would be written. `null` where there is none. */
export function sharedGlobal(one: GlobalUse[], other: GlobalUse[]): string | null {
  for (const a of one)
    for (const b of other)
      if ((a.writes || b.writes) && leadsTo(a.path, b.path))
        return a.path.length > b.path.length ? textOf(a) : textOf(b)
  return null
}

const leadsTo = (one: string[], other: string[]) =>
  one.every((name, index) => index >= other.length || other[index] === name)

const textOf = ({ path }: GlobalUse) => (path.length === 0 ? 'globalThis' : path.join('.'))

const rootNamed = (name: string): string[] => (name === 'globalThis' || name === 'global' ? [] : [name])

function rootOf(value: unknown): string[] | null {
  if (value === globalThis) return []
  if (value === process) return ['process']
  return value === process.env ? ['process', 'env'] : null
}

function useOf({ path: given, end, isGiven }: Candidate, root: string[]): GlobalUse {
  const path = [...root, ...given]
  const known = knownPart(path)
  if (end === 'assigned') return { path: known, writes: true }
  if (end === 'called' && path.length > 1) return callOf(path)
  return { path: known, writes: isGiven && isObject(valueAt(known)) }
}

/** What a method that is called changes: what it is called on, unless that is known to stay as it is. */
function callOf(path: (string | null)[]): GlobalUse {
  const object = knownPart(path.slice(0, -1))
  const method = path.at(-1) ?? ''
  const [root, ...more] = object
  if (root === 'process' && more.length === 0) return callOfProcess(method)
  const value = valueAt(object)
  const leaves = MAKERS.has(root ?? '') || !isObject(value) || HARMLESS[tagOf(value)]?.has(method)
  return { path: object, writes: !leaves }
}

/** In which order listeners come is nothing that statements use. */
function callOfProcess(method: string): GlobalUse {
  if (method === 'loadEnvFile') return { path: ['process', 'env'], writes: true }
  if (method === 'chdir') return { path: ['process', 'cwd'], writes: true }
  return { path: ['process', method], writes: !TELLERS.has(method) && !LISTENING.test(method) }
}

const LISTENING = /^(?:on|once|off|emit|(?:add|prepend|remove).*Listeners?)$/

/** Up to the first name that is worked out. */
function knownPart(path: (string | null)[]): string[] {
  const end = path.indexOf(null)
  return (end < 0 ? path : path.slice(0, end)) as string[]
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** Getters are not asked: they may be code of the application. */
function valueAt(path: string[]): unknown {
  let value: unknown = globalThis
  for (const name of path) {
    if (!isObject(value)) return undefined
    const descriptor = Object.getOwnPropertyDescriptor(value, name)
    // Node.js has some of its own globals, `process` among them, behind getters.
    value = name === 'process' && value === globalThis ? process : descriptor?.value
  }
  return value
}

const candidatesByModel = new WeakMap<Model, Candidate[]>()

function candidatesIn(model: Model): Candidate[] {
  const known = candidatesByModel.get(model)
  if (known) return known
  const found = collect(model)
  candidatesByModel.set(model, found)
  return found
}

function collect(model: Model): Candidate[] {
  const { scope, references, program } = model.parsed
  const wanted = new Map<number, boolean>()
  for (const { identifier, resolved } of references)
    if (resolved === null || resolved.scope === scope) wanted.set(startOf(identifier), resolved !== null)
  const found: Candidate[] = []
  const step = (node: AnyNode, parents: AnyNode[]) => {
    const isTop = node.type === 'Identifier' ? wanted.get(node.start) : undefined
    if (node.type === 'Identifier' && isTop !== undefined) {
      wanted.delete(node.start)
      const isGiven = isGivenAway(model, node, parents)
      found.push({ name: node.name, isTop, isGiven, offset: node.start, ...followed(node, parents) })
    }
    const below = [...parents, node]
    for (const child of childrenOf(node)) step(child, below)
  }
  step(program, [])
  return found
}

/** Whether an expression, with all that follows it, is an argument of what does not only look at it. */
function isGivenAway(model: Model, node: AnyNode, parents: AnyNode[]): boolean {
  let outer = node
  for (const parent of parents.toReversed()) {
    if (parent.type === 'MemberExpression' && parent.object === outer) outer = parent
    else if (parent.type === 'CallExpression' || parent.type === 'NewExpression') {
      const isArgument = parent.arguments.some(argument => argument === outer)
      const root = rootIn(model, parent.callee)
      return isArgument && !(root.kind === 'global' && MAKERS.has(root.name))
    } else return false
  }
  return false
}
