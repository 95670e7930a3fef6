import { CELL, nodeWith } from './heap-edges.ts'
import { UNREACHED } from './heap-reach.ts'
import type { Heap } from './heap-tables.ts'

/** Who has something that cannot be named. */
export const SOMEBODY = 'somebody'

/** What has an object, as it would be written. */
export function describePath(heap: Heap, wanted: number, from: Int32Array): string {
  let path = ''
  for (let node = wanted, steps = 0; steps < MOST_STEPS; steps += 1) {
    const edge = from[node] ?? UNREACHED
    if (edge < 0) break
    const holder = nodeWith(heap, edge)
    const maker = heap.nameOf(holder)
    const name = heap.edgeName(edge)
    switch (heap.edgeKind(edge)) {
      case 'context':
        return `the variable \`${name}${path}\``
      case 'property':
        path = `.${name}${path}`
        break
      case 'element':
        path = `[${name}]${path}`
        break
      default:
        if (name.startsWith('bound_')) return 'a bound function'
    }
    const kind = heap.kindOf(holder)
    const written = path.replace(/^\./, '')
    if (maker === CELL) return `the export \`${exportOf(heap, holder)}${path}\``
    if (kind === 'synthetic' || maker.startsWith('system / ')) break
    if (kind === 'closure' && path !== '') return `\`${written}\` of \`${maker || 'a function'}\``
    if (kind === 'object' && /^global\b/.test(maker)) return `\`globalThis${path}\``
    if (kind === 'object' && !PLAIN.has(maker))
      return path === '' ? aOrAn(maker) : `\`${written}\` of ${aOrAn(maker)}`
    node = holder
  }
  return path === '' ? SOMEBODY : `\`${path.replace(/^\./, '')}\` of an object`
}

const aOrAn = (name: string) => `${/^[aeiou]/i.test(name) ? 'an' : 'a'} \`${name}\``

const PLAIN = new Set(['Object', 'Array'])

/** What is further away tells nobody anything. */
const MOST_STEPS = 6

/** The name that a table of exports has before a cell. */
function exportOf(heap: Heap, cell: number): string {
  for (let edge = 1; edge < heap.edges; edge += 1) {
    if (heap.edgeTo(edge) !== cell || heap.edgeKind(edge) !== 'internal') continue
    const before = heap.edgeTo(edge - 1)
    if (
      Number(heap.edgeName(edge - 1)) === Number(heap.edgeName(edge)) - 1 &&
      heap.kindOf(before) === 'string'
    )
      return heap.nameOf(before)
  }
  return '?'
}
