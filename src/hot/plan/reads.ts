import type { AnyNode, Pattern } from 'acorn'
import { textOf } from '../model/definitions.ts'
import { exportOf, isFilling, isModuleExports, propertyName, requestedBy } from '../model/exports.ts'
import { type Model, ownsExports, type Piece } from '../model/model.ts'
import { childrenOf, startOf } from '../syntax/parse.ts'
import { isExportsByThis } from './own-this.ts'

/** What is done with something. */
export type UseKind =
  | 'ignored'
  | 'read'
  | 'called'
  | 'member-read'
  | 'member-called'
  | 'assigned'
  | 'member-assigned'

/** A use of a variable of the module's scope, of what another module gives, or of what this one exports. */
export type Read = {
  offset: number
  /** What stands there. */
  node: AnyNode
  /** The properties that are followed from there; `null` for one that is computed. */
  path: (string | null)[]
  /** What is done with what is found there. */
  end: 'ignored' | 'read' | 'called' | 'assigned'
} & (
  | { of: 'variable'; name: string }
  | { of: 'request'; request: string }
  /** `import('x')`, or `require` of what is no text: `null` where that is worked out. */
  | { of: 'import'; request: string | null }
  /** CommonJS: `exports` of the module itself. */
  | { of: 'exports' }
)

/** What is done with what some properties of the path lead to: by itself, or with the next property of it. */
export function useAt({ path, end }: Read, depth: number): { member: string | null; use: UseKind } {
  if (path.length <= depth || end === 'ignored') return { member: null, use: end }
  return { member: path[depth] ?? null, use: `member-${end}` }
}

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
  const isOwn = standsIn(piece)
  return readsIn(model).filter(({ offset }) => isOwn(offset))
}

/** Those in a part of the text, with what is inside of functions there. */
export const readsInside = (model: Model, { start, end }: { start: number; end: number }): Read[] =>
  readsIn(model).filter(({ offset }) => offset >= start && offset < end)

/** Whether what stands at an offset is a part of a piece itself. */
export function standsIn(piece: Piece): (offset: number) => boolean {
  const inside = (offset: number, { ranges }: Piece) =>
    ranges.some(({ start, end }) => offset >= start && offset < end)
  return offset => inside(offset, piece) && !piece.children.some(child => inside(offset, child))
}

/** The uses of a class inside of itself, where its name is another variable than outside: those of classes that the module declares. */
export function readsOfOwnClass({ parsed }: Model, parents: (node: AnyNode) => AnyNode[]): Read[] {
  return parsed.scopes.scopes
    .filter(({ type, upper }) => type === 'class' && upper === parsed.scope)
    .flatMap(({ variables }) => variables)
    .filter(({ name }) => parsed.scope.set.get(name)?.defs[0]?.type === 'ClassName')
    .flatMap(({ name, references }) =>
      references.map(({ identifier }) => {
        const node = identifier as AnyNode
        return { of: 'variable', name, node, offset: node.start, ...followed(node, parents(node)) } as const
      }),
    )
}

function collect(model: Model): Read[] {
  const { scope, references } = model.parsed
  const top = new Set<number>()
  for (const { identifier, resolved, init } of references)
    if (resolved?.scope === scope && init !== true) top.add(startOf(identifier))
  const isOwnExports = ownExports(model)
  const reads: Read[] = []
  const step = (node: AnyNode, parents: AnyNode[]) => {
    if (node.type === 'Identifier' && top.has(node.start)) {
      top.delete(node.start)
      reads.push({ of: 'variable', name: node.name, node, offset: node.start, ...followed(node, parents) })
    } else if (node.type === 'ImportExpression') {
      const request = textOf(node.source)
      for (const follow of followedImport(parents))
        reads.push({ of: 'import', request, node, offset: node.start, ...follow })
    } else if (isRequire(node)) {
      const request = requestedBy(node)
      for (const follow of followedRequest(node, parents))
        if (request !== null && model.format === 'commonjs')
          reads.push({ of: 'request', request, node, offset: node.start, ...follow })
        else reads.push({ of: 'import', request, node, offset: node.start, ...follow })
    } else if (model.format === 'commonjs') {
      if (isOwnExports(node, parents) && !isOnlyAsked(node, parents))
        reads.push({ of: 'exports', node, offset: node.start, ...followed(node, parents) })
    }
    const below = [...parents, node]
    for (const child of childrenOf(node)) step(child, below)
  }
  step(model.parsed.program, [])
  return reads.sort((a, b) => a.offset - b.offset)
}

/** Recognises `exports`, `module.exports`, `this` at the top, and `module` where it is handed on whole. */
function ownExports({ parsed }: Model): (node: AnyNode, parents: AnyNode[]) => boolean {
  if (!ownsExports(parsed)) return () => false
  const free = new Set<number>()
  for (const { identifier, resolved } of parsed.references)
    if (resolved === null) free.add(startOf(identifier))
  return (node, parents) => {
    if (node.type === 'ThisExpression') return isExportsByThis(parents)
    if (isModuleExports(node)) return free.has(node.object.start)
    if (node.type !== 'Identifier' || !free.has(node.start)) return false
    return node.name === 'exports' || (node.name === 'module' && parents.at(-1)?.type !== 'MemberExpression')
  }
}

/** Whether an object is only asked for its being there: `this && this.__importStar`. */
function isOnlyAsked(node: AnyNode, parents: AnyNode[]): boolean {
  const parent = parents.at(-1)
  switch (parent?.type) {
    case 'LogicalExpression':
      return parent.left === node
    case 'IfStatement':
    case 'ConditionalExpression':
      return parent.test === node
    case 'UnaryExpression':
    case 'BinaryExpression':
      return true
    default:
      return false
  }
}

/** `require('x')` alone, for what happens there, reads nothing of it; `const { a, b } = require('x')` reads those. */
function followedRequest(node: AnyNode, parents: AnyNode[]): Pick<Read, 'path' | 'end'>[] {
  const parent = parents.at(-1)
  if (parent?.type === 'ExpressionStatement') return [{ path: [], end: 'ignored' }]
  const taken = parent?.type === 'VariableDeclarator' ? membersIn(parent.id) : null
  return taken ? taken.map(member => ({ path: [member], end: 'read' })) : [followed(node, parents)]
}

const isRequire = (node: AnyNode) =>
  node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require'

/** What becomes of a promise is not followed, but for `await`. */
function followedImport(parents: AnyNode[]): Pick<Read, 'path' | 'end'>[] {
  const parent = parents.at(-1)
  if (parent?.type === 'AwaitExpression') return followedRequest(parent, parents.slice(0, -1))
  const isDropped =
    parent?.type === 'ExpressionStatement' ||
    (parent?.type === 'UnaryExpression' && parent.operator === 'void')
  return [{ path: [], end: isDropped ? 'ignored' : 'read' }]
}

/** What a pattern takes of an object; `null` where its text does not tell. */
function membersIn(pattern: Pattern): string[] | null {
  if (pattern.type !== 'ObjectPattern' || pattern.properties.length === 0) return null
  const members: string[] = []
  for (const property of pattern.properties) {
    if (property.type === 'RestElement' || property.computed || property.key.type !== 'Identifier')
      return null
    members.push(property.key.name)
  }
  return members
}

/** What is done with something that stands there. `a.b.c = 1` writes into what belongs to `a`. */
export function followed(node: AnyNode, parents: AnyNode[]): Pick<Read, 'path' | 'end'> {
  const path: (string | null)[] = []
  let outer = node
  let index = parents.length - 1
  let above = parents[index]
  while (above?.type === 'MemberExpression' && above.object === outer) {
    path.push(propertyName(above))
    outer = above
    index -= 1
    above = parents[index]
  }
  if (above && isFilled(outer, above)) return { path: [...path, null], end: 'assigned' }
  // What `new a.b()` makes knows nothing of `a`.
  if (path.length > 0 && above?.type === 'NewExpression') return { path, end: 'read' }
  return { path, end: above ? useIn(outer, above, parents[index - 1]) : 'read' }
}

/** Whether a call writes into an object: `Object.assign(a, …)`, and what compilers give `exports` to. */
function isFilled(node: AnyNode, parent: AnyNode): boolean {
  if (parent.type !== 'CallExpression') return false
  const { callee, arguments: args } = parent
  if (callee.type === 'Identifier' && /^_{1,2}export/.test(callee.name))
    return args.some(argument => argument === node && exportOf(argument) !== null)
  return args[0] === node && isFilling(callee)
}

function useIn(node: AnyNode, parent: AnyNode, around: AnyNode | undefined): 'read' | 'called' | 'assigned' {
  switch (parent.type) {
    case 'Property':
      return around?.type === 'ObjectPattern' && parent.value === node ? 'assigned' : 'read'
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
