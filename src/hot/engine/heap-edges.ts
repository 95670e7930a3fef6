import type { Heap } from './heap-tables.ts'

/** What modules have behind each name that they export. */
export const CELL = 'system / Cell'

/** What a node has, edge by edge. */
export function edgesOf(heap: Heap, node: number): number[] {
  const edges: number[] = []
  if (node < 0) return edges
  for (let edge = heap.firstEdge(node); edge < heap.firstEdge(node + 1); edge += 1) edges.push(edge)
  return edges
}

/** The node that an edge is of. */
export function nodeWith(heap: Heap, edge: number): number {
  let low = 0
  let high = heap.nodes
  while (low < high - 1) {
    const middle = (low + high) >> 1
    if (heap.firstEdge(middle) <= edge) low = middle
    else high = middle
  }
  return low
}
