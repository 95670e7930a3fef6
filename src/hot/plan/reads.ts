import type { AnyNode, CallExpression } from 'acorn'
import type { Model, Piece } from '../model/model.ts'
import { childrenOf, startOf } from '../syntax/parse.ts'

/** A use of a variable of the module's scope, or of what another module gives. */
export type Read = {
  offset: number
  /** The property that is read of it, or called; `null` where it is used whole. */
  member: string | null
  /** What is done with it. */
  use: 'ignored' | 'read' | 'called' | 'member-read' | 'member-called' | 'assigned' | 'member-assigned'
} & ({ of: 'variable'; name: string } | { of: 'request'; request: string })

const readsByModel = new WeakMap<Model, Read[]>()

/** Every use in a module of what is not local to a function, in the order of the text. */
export function readsIn(model: Model): Read[] {
  let reads = readsByModel.get(model)
  if (!reads) {
    reads = collect(model)
    readsByModel.set(model, reads)
  }
  return reads
}

/** Those of a piece itself, without what is inside its children. */
export function readsOf(model: Model, piece: Piece): Read[] {
  const inside = (offset: number, { ranges }: Piece) =>
    ranges.some(({ start, end }) => offset >= start && offset < end)
  return readsIn(model).filter(
    ({ offset }) => inside(offset, piece) && !piece.children.some(child => inside(offset, child)),
  )
}

function collect(model: Model): Read[] {
  const top = new Set<number>()
  for (const { identifier, resolved, init } of model.parsed.references)
    if (resolved?.scope === model.parsed.scope && init !== true) top.add(startOf(identifier))
  const reads: Read[] = []
  const step = (node: AnyNode, parents: AnyNode[]) => {
    if (node.type === 'Identifier' && top.has(node.start)) {
      top.delete(node.start)
      reads.push({ of: 'variable', name: node.name, offset: node.start, ...useOf(node, parents) })
    } else if (node.type === 'CallExpression' && model.format === 'commonjs') {
      const request = requested(node)
      if (request !== null)
        reads.push({ of: 'request', request, offset: node.start, ...useOfRequest(node, parents) })
    }
    const below = [...parents, node]
    for (const child of childrenOf(node)) step(child, below)
  }
  step(model.parsed.program, [])
  return reads.sort((a, b) => a.offset - b.offset)
}

/** What `require('x')` asks for. */
function requested({ callee, arguments: [first] }: CallExpression): string | null {
  if (callee.type !== 'Identifier' || callee.name !== 'require') return null
  return first?.type === 'Literal' && typeof first.value === 'string' ? first.value : null
}

/** `require('x')` alone, for what happens there, reads nothing of it. */
function useOfRequest(node: AnyNode, parents: AnyNode[]): Pick<Read, 'member' | 'use'> {
  return parents.at(-1)?.type === 'ExpressionStatement'
    ? { member: null, use: 'ignored' }
    : useOf(node, parents)
}

function useOf(node: AnyNode, parents: AnyNode[]): Pick<Read, 'member' | 'use'> {
  const parent = parents.at(-1)
  if (parent?.type !== 'MemberExpression' || parent.object !== node)
    return { member: null, use: parent ? useIn(node, parent) : 'read' }
  const { property, computed } = parent
  const member = property.type === 'Identifier' && !computed ? property.name : literalOf(property)
  // `a.b.c = 1` writes into what belongs to `a`.
  let outer: AnyNode = parent
  let index = parents.length - 2
  let above = parents[index]
  while (above?.type === 'MemberExpression' && above.object === outer) {
    outer = above
    index -= 1
    above = parents[index]
  }
  const use = above ? useIn(outer, above) : 'read'
  return {
    member,
    use: use === 'called' ? 'member-called' : use === 'assigned' ? 'member-assigned' : 'member-read',
  }
}

const literalOf = (node: AnyNode) =>
  node.type === 'Literal' && typeof node.value === 'string' ? node.value : null

function useIn(node: AnyNode, parent: AnyNode): 'read' | 'called' | 'assigned' {
  switch (parent.type) {
    case 'CallExpression':
    case 'NewExpression':
      return parent.callee === node ? 'called' : 'read'
    case 'TaggedTemplateExpression':
      return parent.tag === node ? 'called' : 'read'
    case 'AssignmentExpression':
      return parent.left === node ? 'assigned' : 'read'
    case 'UpdateExpression':
      return 'assigned'
    case 'UnaryExpression':
      return parent.operator === 'delete' ? 'assigned' : 'read'
    case 'ForInStatement':
    case 'ForOfStatement':
      return parent.left === node ? 'assigned' : 'read'
    case 'AssignmentPattern':
      return parent.left === node ? 'assigned' : 'read'
    case 'ArrayPattern':
    case 'RestElement':
      return 'assigned'
    case 'SequenceExpression':
      return 'called'
    default:
      return 'read'
  }
}
