import type { Heap } from './heap-tables.ts'

/** What the call itself that searches has in hand. */
const OWN_ROOTS = new Set(['(Stack roots)', '(Handle scope)'])

export const UNREACHED = -1

/** From which edge each object is reached, the shortest way; `-1` for one that nobody has. */
export function reach(heap: Heap, own: ReadonlySet<number>, cut: ReadonlySet<number>): Int32Array {
  const from = new Int32Array(heap.nodes).fill(UNREACHED)
  const queue = new Uint32Array(heap.nodes)
  let last = 1
  for (let next = 0; next < last; next += 1) {
    const node = queue[next] as number
    if (own.has(node) || passesNothingOn(heap, node)) continue
    for (let edge = heap.firstEdge(node); edge < heap.firstEdge(node + 1); edge += 1) {
      const target = heap.edgeTo(edge)
      if (target === 0 || from[target] !== UNREACHED || cut.has(edge) || holdsNothing(heap, edge)) continue
      from[target] = edge
      queue[last] = target
      last += 1
    }
  }
  return from
}

/** An accessor is an edge of the object that has it, too. */
const ACCESSOR = 'system / AccessorPair'

function passesNothingOn(heap: Heap, node: number): boolean {
  const name = heap.nameOf(node)
  return heap.kindOf(node) === 'synthetic' ? OWN_ROOTS.has(name) : name === ACCESSOR
}

/** The variables in which instrumented modules have doors into their classes. */
const CLASS_DOOR = /^\$h(?:\d+_)?c\d+$/

/** What is suspended has the function that it is in the middle of: that comes to its end with the old code. */
function holdsNothing(heap: Heap, edge: number): boolean {
  const kind = heap.edgeKind(edge)
  if (kind === 'weak') return true
  if (kind === 'internal') return heap.edgeName(edge) === 'function'
  // What an error has of its stack calls nothing. What applications have is no bare array.
  if (kind === 'property' && heap.edgeName(edge) === '<symbol>')
    return heap.kindOf(heap.edgeTo(edge)) === 'array'
  return kind === 'context' && heap.edgeName(edge).startsWith('$h') && CLASS_DOOR.test(heap.edgeName(edge))
}
