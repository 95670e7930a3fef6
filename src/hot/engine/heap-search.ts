import { setImmediate as turn } from 'node:timers/promises'
import { CELL, edgesOf } from './heap-edges.ts'
import { describePath } from './heap-path.ts'
import { reach, UNREACHED } from './heap-reach.ts'
import { readHeap } from './heap-reader.ts'
import type { Heap } from './heap-tables.ts'

/** The variables of a scope and what they export, of which an upgrade lets go. */
export interface ScopeLetGo {
  /** A function that was made in it. */
  inside: unknown
  names: ReadonlySet<string>
  exported: ReadonlySet<string>
}

/** The properties of an object that an upgrade takes away, or sets anew. */
export interface PropertiesLetGo {
  object: object
  /** `get x` and `set x` for accessors; `all` for all of them. */
  names: ReadonlySet<string> | 'all'
}

/** What holds something now, and does not when an upgrade is done. */
export interface LetGo {
  scopes: ScopeLetGo[]
  properties: PropertiesLetGo[]
}

/** Under which the snapshot finds what is looked for. */
const MARK = 'beam-deploy.searched'

/**
 * Who else has some objects, in words; `null` for one that nobody has.
 *
 * @param wanted nothing but this very list may have them in the name of who asks.
 */
export async function holdersOf(wanted: object[], letGo: LetGo): Promise<(string | null)[]> {
  const { scopes, properties } = letGo
  // The snapshot has no other name for an object than who has it, and how.
  const marked = { [MARK]: [wanted, scopes, properties] }
  // What has been looked at through a weak reference is held until the turn is over.
  await turn()
  const heap = await readHeap()
  const list = findMarked(heap)
  const own = marked[MARK].map((_, index) => elementAt(heap, list, index))
  const [ofWanted = -1, ofScopes = -1, ofProperties = -1] = own
  const given = (node: number, index: number, name: string) =>
    targetsOf(heap, elementAt(heap, node, index), name, 'property')[0] ?? -1
  const cut = new Set<number>()
  const dropped = new Set<number>()
  for (const [index, { names }] of properties.entries())
    for (const edge of propertyEdges(heap, given(ofProperties, index, 'object'), names)) {
      cut.add(edge)
      dropped.add(heap.edgeTo(edge))
    }
  for (const [index, scope] of scopes.entries())
    for (const edge of scopeEdges(heap, given(ofScopes, index, 'inside'), scope)) cut.add(edge)
  const exported = new Set(scopes.flatMap(scope => [...scope.exported]))
  for (const edge of copiedExports(heap, exported)) if (dropped.has(heap.edgeTo(edge))) cut.add(edge)
  const from = reach(heap, new Set(own), cut)
  return wanted.map((_, index) => {
    const node = elementAt(heap, ofWanted, index)
    return from[node] === UNREACHED ? null : describePath(heap, node, from)
  })
}

const targetsOf = (heap: Heap, node: number, name: string, kind = 'internal') =>
  edgesOf(heap, node)
    .filter(edge => heap.edgeKind(edge) === kind && heap.edgeName(edge) === name)
    .map(heap.edgeTo)

function findMarked(heap: Heap): number {
  for (let edge = 0; edge < heap.edges; edge += 1)
    if (heap.edgeName(edge) === MARK && heap.edgeKind(edge) === 'property') return heap.edgeTo(edge)
  throw new Error('a heap snapshot without what is looked for')
}

function elementAt(heap: Heap, list: number, index: number): number {
  const found = edgesOf(heap, list).find(
    edge => heap.edgeKind(edge) === 'element' && heap.edgeName(edge) === String(index),
  )
  if (found === undefined) throw new Error('a heap snapshot that lacks what is looked for')
  return heap.edgeTo(found)
}

/** Where the engine has the properties of an object beside: each of them is an edge of the object, too. */
const STORES = new Set(['properties', 'elements'])

function propertyEdges(heap: Heap, node: number, names: ReadonlySet<string> | 'all'): number[] {
  return edgesOf(heap, node).filter(edge => {
    const kind = heap.edgeKind(edge)
    const name = heap.edgeName(edge)
    if (kind === 'internal') return STORES.has(name)
    if (kind !== 'property' && kind !== 'element') return false
    return name !== '__proto__' && (names === 'all' || names.has(name))
  })
}

const CONTEXT = 'system / Context'

/** The variables of a scope, and those of them that an ES module exports. */
function scopeEdges(heap: Heap, inside: number, { names, exported }: ScopeLetGo): number[] {
  const edges: number[] = []
  let [scope] = targetsOf(heap, inside, 'context')
  while (scope !== undefined && heap.nameOf(scope) === CONTEXT) {
    for (const edge of edgesOf(heap, scope))
      if (heap.edgeKind(edge) === 'context' && names.has(heap.edgeName(edge))) edges.push(edge)
    for (const record of targetsOf(heap, scope, 'extension'))
      if (heap.nameOf(record) === 'system / SourceTextModule')
        edges.push(...exportEdges(heap, record, exported))
    ;[scope] = targetsOf(heap, scope, 'previous')
  }
  return edges
}

/** What a module record has under some names: its table has a cell behind each name. */
function exportEdges(heap: Heap, record: number, exported: ReadonlySet<string>): number[] {
  return edgesOf(heap, record)
    .map(heap.edgeTo)
    .filter(table => heap.kindOf(table) === 'array')
    .flatMap(table => {
      const named = new Map(
        edgesOf(heap, table).map(edge => [Number(heap.edgeName(edge)), heap.edgeTo(edge)]),
      )
      return [...named].flatMap(([index, cell]) => {
        const name = named.get(index - 1)
        const isWanted = heap.nameOf(cell) === CELL && name !== undefined && exported.has(heap.nameOf(name))
        return isWanted ? edgesOf(heap, cell).filter(edge => heap.edgeName(edge) === 'value') : []
      })
    })
}

/** What Node.js has copied out of CommonJS modules for those that import them. */
function copiedExports(heap: Heap, exported: ReadonlySet<string>): number[] {
  const edges: number[] = []
  if (exported.size === 0) return edges
  for (let node = 0; node < heap.nodes; node += 1)
    if (heap.nameOf(node) === 'system / SyntheticModule') edges.push(...exportEdges(heap, node, exported))
  return edges
}
