import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { type Path, partAt, partWithin, type Way } from './follow-path.ts'
import { followed, type Read } from './reads.ts'
import type { TextIndex } from './text-index.ts'

/** How something is used, at one place. */
export interface Use {
  offset: number
  path: Path
  /** The same for who follows it further: it may be inside of something else. */
  way: Way
  /** `compared`: with something else, or looked for among others: it is told by being itself. */
  end: Read['end'] | 'escapes' | 'compared'
  /** Where it goes on, if it escapes; `null` where that is not known. */
  to: Destination | null
}

export type Destination = Argument | { kind: 'caller'; of: FunctionSyntax }

/** Something that is given to a function. */
export interface Argument {
  kind: 'argument'
  callee: AnyNode
  place: number | 'this'
  /** `new`; whenever somebody likes, as what `bind` gives is called, and what a timer is given; or where it stands. */
  how: 'constructed' | 'later' | 'called'
}

/** What is followed through one module. */
export interface Following {
  model: Model
  index: TextIndex
  uses: Use[]
  seen: Set<string>
  /** Where the value of an expression goes. */
  follow(node: AnyNode, path: Way): void
  /** Into a variable, or several. */
  take(target: AnyNode, path: Way): void
}

/** What is done with something where it stands. What a local variable itself is set to is of no concern. */
export function note(into: Following, node: AnyNode, path: Way): void {
  const { path: more, end } = followed(node, ancestors(into, node))
  if (more.length === 0 && end === 'assigned') return
  const way = [...path, ...more]
  const last = more.at(-1)
  // What is set, or called, is of what comes before it.
  const isMember = last !== undefined && (end === 'assigned' || end === 'called')
  const part = partAt(isMember ? way.slice(0, -1) : way)
  if (part === null) return
  const whole = isMember ? [...part, last] : part
  into.uses.push({ offset: node.start, path: whole, way: whole, end, to: null })
}

/** It is told from others by being itself. */
export function noteCompared(into: Following, node: AnyNode, way: Way): void {
  const path = partAt(way)
  if (path) into.uses.push({ offset: node.start, path, way: path, end: 'compared', to: null })
}

/** It goes on somewhere else. */
export function leaveAt(into: Following, node: AnyNode, way: Way, to: Destination | null): void {
  const part = partWithin(way)
  if (part) into.uses.push({ offset: node.start, ...part, end: 'escapes', to })
}

export function ancestors({ index: { parents } }: Following, node: AnyNode): AnyNode[] {
  const found: AnyNode[] = []
  for (let each = parents.get(node); each; each = parents.get(each)) found.unshift(each)
  return found
}
