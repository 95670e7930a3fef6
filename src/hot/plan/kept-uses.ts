import type { AnyNode, FunctionDeclaration, FunctionExpression, Pattern } from 'acorn'
import { isFilling, propertyName } from '../model/exports.ts'
import type { Model, Piece } from '../model/model.ts'
import { childrenOf, startOf, type Variable } from '../syntax/parse.ts'
import { CALLERS, MAKERS } from './harmless.ts'
import { followed, type Read, readsIn } from './reads.ts'

/** What is followed further than this is followed no more. */
const DEEPEST = 8

/** Methods that give a part of what they are called on; and those that give something with the same parts. */
const GIVERS = new Set(['get', 'at', 'find', 'findLast'])
const COPIERS = new Set(['values', 'filter', 'slice', 'toSorted', 'toReversed'])

const usesByModel = new WeakMap<Model, Use[]>()

/** How something is used that comes from what a read begins with. */
export interface Use {
  read: Read
  offset: number
  path: (string | null)[]
  end: Read['end'] | 'escapes'
}

/** Every use in a module, also by way of local variables, in the functions of a piece itself. */
export function keptUsesOf(model: Model, piece: Piece): Use[] {
  let uses = usesByModel.get(model)
  if (!uses) {
    uses = collect(model)
    usesByModel.set(model, uses)
  }
  const inside = (offset: number, { ranges }: Piece) =>
    ranges.some(({ start, end }) => offset >= start && offset < end)
  return uses.filter(
    ({ offset }) => inside(offset, piece) && !piece.children.some(child => inside(offset, child)),
  )
}

function collect(model: Model): Use[] {
  const parents = new Map<AnyNode, AnyNode>()
  const index = (node: AnyNode) => {
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      index(child)
    }
  }
  index(model.parsed.program)
  const uses: Use[] = []
  const variables = variablesOf(model)
  for (const read of readsIn(model)) {
    uses.push({ read, offset: read.offset, path: read.path, end: read.end })
    follow({ read, uses, parents, variables, scope: model.parsed.scope, seen: new Set() }, read.node, [])
  }
  return uses
}

/** Variables by where they are declared, and where they are used. */
function variablesOf({ parsed }: Model): Map<number, Variable> {
  const variables = new Map<number, Variable>()
  for (const { variables: declared } of parsed.scopes.scopes)
    for (const variable of declared)
      for (const identifier of variable.identifiers) variables.set(startOf(identifier), variable)
  for (const { identifier, resolved } of parsed.references)
    if (resolved) variables.set(startOf(identifier), resolved)
  return variables
}

interface Following {
  read: Read
  uses: Use[]
  parents: Map<AnyNode, AnyNode>
  variables: Map<number, Variable>
  /** Of the module: what goes into its variables is looked at where those are. */
  scope: Variable['scope']
  seen: Set<string>
}

type Path = (string | null)[]

/** Where the value of an expression goes. */
function follow(into: Following, node: AnyNode, path: Path): void {
  const parent = into.parents.get(node)
  if (parent === undefined || path.length > DEEPEST) return
  const pass = () => {
    note(into, parent, path)
    follow(into, parent, path)
  }
  const handOver = () => void into.uses.push({ read: into.read, offset: node.start, path, end: 'escapes' })
  switch (parent.type) {
    case 'MemberExpression':
      if (parent.object === node) follow(into, parent, [...path, propertyName(parent)])
      break
    case 'ChainExpression':
    case 'AwaitExpression':
    case 'LogicalExpression':
      pass()
      break
    case 'SequenceExpression':
      if (parent.expressions.at(-1) === node) pass()
      break
    case 'ConditionalExpression':
      if (parent.test !== node) pass()
      break
    case 'AssignmentExpression':
      if (parent.right !== node) break
      if (parent.left.type === 'MemberExpression') handOver()
      else take(into, parent.left, path)
      pass()
      break
    case 'VariableDeclarator':
      if (parent.init === node) take(into, parent.id, path)
      break
    case 'ForOfStatement':
      if (parent.right === node) takeEach(into, parent.left, path)
      break
    case 'CallExpression':
    case 'NewExpression':
      if (parent.callee === node) takeResult(into, parent, path)
      else if (!hand(into, parent, node, path)) handOver()
      break
    case 'Property':
    case 'ArrayExpression':
    case 'ObjectExpression':
      if (parent.type !== 'Property' || parent.value === node) contain(into, parent, handOver)
      break
    case 'ReturnStatement':
    case 'YieldExpression':
      handOver()
      break
    case 'ArrowFunctionExpression':
      if (parent.body === node) handOver()
      break
    default:
      break
  }
}

/** A literal is as harmless as what is done with it. */
function contain(into: Following, node: AnyNode, handOver: () => void): void {
  const parent = into.parents.get(node)
  switch (parent?.type) {
    case 'Property':
    case 'ObjectExpression':
    case 'ArrayExpression':
      contain(into, parent, handOver)
      break
    case 'CallExpression':
      if (!isMaker(parent.callee)) handOver()
      break
    case 'ExpressionStatement':
    case 'ForOfStatement':
      break
    default:
      handOver()
  }
}

function takeEach(into: Following, left: AnyNode, path: Path): void {
  const target = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left
  if (target) take(into, target, [...path, null])
}

/** Into a variable, or several. */
function take(into: Following, target: AnyNode, path: Path): void {
  switch (target.type) {
    case 'Identifier':
      takeVariable(into, target, path)
      break
    case 'ObjectPattern':
      for (const property of target.properties) {
        if (property.type === 'RestElement') take(into, property.argument, path)
        else take(into, property.value, [...path, keyOf(property)])
      }
      break
    case 'ArrayPattern':
      for (const element of target.elements) if (element) take(into, element, [...path, null])
      break
    case 'AssignmentPattern':
      take(into, target.left, path)
      break
    case 'RestElement':
      take(into, target.argument, path)
      break
    default:
      break
  }
}

function keyOf({ key, computed }: { key: AnyNode; computed: boolean }): string | null {
  if (key.type === 'Identifier' && !computed) return key.name
  return key.type === 'Literal' ? String(key.value) : null
}

function takeVariable(into: Following, { start }: AnyNode, path: Path): void {
  const variable = into.variables.get(start)
  if (variable === undefined || variable.scope === into.scope) return
  const mark = `${startOf(variable.identifiers[0] ?? variable.scope.block)} ${path.join('.')}`
  if (into.seen.has(mark)) return
  into.seen.add(mark)
  for (const reference of variable.references) {
    if (reference.init === true) continue
    const node = reference.identifier as AnyNode
    note(into, node, path)
    follow(into, node, path)
  }
}

/** What is done with something where it stands. What a local variable itself is set to is of no concern. */
function note(into: Following, node: AnyNode, path: Path): void {
  const { path: more, end } = followed(node, ancestors(into, node))
  if (more.length > 0 || end !== 'assigned')
    into.uses.push({ read: into.read, offset: node.start, path: [...path, ...more], end })
}

function ancestors({ parents }: Following, node: AnyNode): AnyNode[] {
  const found: AnyNode[] = []
  for (let each = parents.get(node); each; each = parents.get(each)) found.unshift(each)
  return found
}

/** What a method gives, or gives to its callback, is a part of what it is called on. */
function takeResult(into: Following, call: AnyNode, path: Path): void {
  const method = path.at(-1)
  if (call.type !== 'CallExpression' || method === undefined || method === null) return
  const part = [...path.slice(0, -1), null]
  if (GIVERS.has(method)) {
    note(into, call, part)
    follow(into, call, part)
  }
  const loop = into.parents.get(call)
  if (COPIERS.has(method) && loop?.type === 'ForOfStatement') takeEach(into, loop.left, path.slice(0, -1))
  const [callback] = call.arguments
  if (callback === undefined || !CALLERS.has(method) || !isFunction(callback)) return
  const given = callback.params[method.startsWith('reduce') ? 1 : 0]
  if (given) take(into, given, part)
}

/** Hands something to a function; `false` where nothing is known of that. */
function hand(into: Following, call: AnyNode, argument: AnyNode, path: Path): boolean {
  if (call.type !== 'CallExpression' && call.type !== 'NewExpression') return false
  if (isMaker(call.callee) || isFilling(call.callee)) return true
  const called = functionCalled(into, call.callee)
  const place = call.arguments.indexOf(argument as (typeof call.arguments)[number])
  const isSpread = call.arguments.slice(0, place).some(({ type }) => type === 'SpreadElement')
  if (called === null || isSpread) return false
  const parameter: Pattern | undefined = called.params[place]
  if (parameter) take(into, parameter, path)
  const last = called.params.at(-1)
  return parameter !== undefined || last?.type !== 'RestElement'
}

function functionCalled(into: Following, callee: AnyNode): Functional | null {
  if (isFunction(callee)) return callee
  if (callee.type !== 'Identifier') return null
  const [definition] = into.variables.get(callee.start)?.defs ?? []
  const node = definition?.node as AnyNode | undefined
  if (definition?.type === 'FunctionName' && node && isFunction(node)) return node
  const init = definition?.type === 'Variable' && node?.type === 'VariableDeclarator' ? node.init : null
  return init && isFunction(init) ? init : null
}

type Functional =
  | FunctionDeclaration
  | FunctionExpression
  | Extract<AnyNode, { type: 'ArrowFunctionExpression' }>

function isFunction(node: AnyNode): node is Functional {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  )
}

/** `JSON.stringify`, `new Map`, `console.log`: globals that only look at what they are given. */
function isMaker(callee: AnyNode): boolean {
  if (callee.type === 'MemberExpression') return isMaker(callee.object)
  return callee.type === 'Identifier' && MAKERS.has(callee.name)
}
