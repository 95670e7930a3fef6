import type { AnyNode, BinaryExpression } from 'acorn'
import { propertyName } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import { startOf } from '../syntax/parse.ts'
import { followArgument } from './follow-argument.ts'
import type { Path, Way } from './follow-path.ts'
import { followResult, lookedAtBy } from './follow-result.ts'
import { type Destination, type Following, leaveAt, note, noteCompared } from './following.ts'
import { functionAround, indexOf } from './text-index.ts'

/** What is followed further than this is followed no more. */
const DEEPEST = 8

/** Follows what comes from expressions of a text, and what goes into its variables. */
export function createFollowing(model: Model): Following {
  const into: Following = {
    model,
    index: indexOf(model),
    uses: [],
    seen: new Set(),
    follow: (node, path) => follow(into, node, path),
    take: (target, path) => take(into, target, path),
  }
  return into
}

function follow(into: Following, node: AnyNode, path: Way): void {
  const parent = into.index.parents.get(node)
  if (parent === undefined) return
  const leave = (more: Path = [], to: Destination | null = null) =>
    leaveAt(into, node, [...path, ...more], to)
  if (path.length > DEEPEST) {
    leave()
    return
  }
  const pass = () => {
    note(into, parent, path)
    follow(into, parent, path)
  }
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
      if (parent.left.type === 'MemberExpression' || isOfModule(into, parent.left)) leave()
      else take(into, parent.left, path)
      pass()
      break
    case 'AssignmentPattern':
      if (parent.right === node) take(into, parent.left, path)
      break
    case 'VariableDeclarator':
      if (parent.init === node) take(into, parent.id, path)
      break
    case 'ForOfStatement':
      if (parent.right === node) takeEach(into, parent.left, path)
      break
    case 'CallExpression':
    case 'NewExpression':
      if (parent.callee === node) followResult(into, parent, path)
      else followArgument(into, parent, node, path)
      break
    case 'Property':
    case 'ArrayExpression':
    case 'ObjectExpression':
      putInto(into, parent, node, path)
      break
    case 'SpreadElement':
      contain(into, parent, () => leave([null]))
      break
    case 'ReturnStatement':
      toCaller(into, node, leave)
      break
    case 'ArrowFunctionExpression':
      if (parent.body === node) leave([], { kind: 'caller', of: parent })
      break
    case 'BinaryExpression':
      if (comparesObjects(parent, node)) noteCompared(into, node, path)
      break
    case 'TemplateLiteral':
      if (into.index.parents.get(parent)?.type === 'TaggedTemplateExpression') leave()
      break
    case 'YieldExpression':
      leave(parent.delegate ? [null] : [])
      break
    case 'ThrowStatement':
    case 'PropertyDefinition':
      leave()
      break
    default:
      break
  }
}

const SAME = new Set(['===', '!==', '==', '!='])

function comparesObjects({ operator, left, right }: BinaryExpression, node: AnyNode): boolean {
  const other = left === node ? right : left
  const isNone = other.type === 'Identifier' && other.name === 'undefined'
  return SAME.has(operator) && other.type !== 'Literal' && other.type !== 'UnaryExpression' && !isNone
}

function toCaller(into: Following, node: AnyNode, leave: (more: Path, to: Destination | null) => void): void {
  const around = functionAround(into.index, node)
  leave([], around && { kind: 'caller', of: around })
}

/** A literal is followed as what is in it. */
function putInto(into: Following, parent: AnyNode, node: AnyNode, path: Way): void {
  const literal = parent.type === 'Property' ? into.index.parents.get(parent) : parent
  if (literal?.type !== 'ObjectExpression' && literal?.type !== 'ArrayExpression') return
  // `{ own }` is a key and a value in one.
  if (parent.type === 'Property' && parent.value.start !== node.start) return
  const way = [...path, { in: parent.type === 'Property' ? keyOf(parent) : null }]
  note(into, literal, way)
  follow(into, literal, way)
}

/** A copy is as harmless as what is done with it. */
function contain(into: Following, node: AnyNode, leave: () => void): void {
  const parent = into.index.parents.get(node)
  switch (parent?.type) {
    case 'Property':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'SpreadElement':
      contain(into, parent, leave)
      break
    case 'CallExpression':
      if (lookedAtBy(parent.callee) !== 'looks') leave()
      break
    case 'ExpressionStatement':
      break
    default:
      leave()
  }
}

function takeEach(into: Following, left: AnyNode, path: Way): void {
  const target = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left
  if (target) take(into, target, [...path, null])
}

function take(into: Following, target: AnyNode, path: Way): void {
  switch (target.type) {
    case 'Identifier':
      takeVariable(into, target, path)
      break
    case 'ObjectPattern':
      for (const property of target.properties) {
        // A copy: what is in it is the same.
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
    case 'MemberExpression':
      leaveAt(into, target, path, null)
      break
    default:
      break
  }
}

function keyOf({ key, computed }: { key: AnyNode; computed: boolean }): string | null {
  if (key.type === 'Identifier' && !computed) return key.name
  return key.type === 'Literal' ? String(key.value) : null
}

function isOfModule({ index, model }: Following, { type, start }: AnyNode): boolean {
  return type === 'Identifier' && index.variables.get(start)?.scope === model.parsed.scope
}

/** What goes into a variable of the module when that is evaluated is looked at where that variable is. */
function takeVariable(into: Following, { start }: AnyNode, path: Way): void {
  const variable = into.index.variables.get(start)
  if (variable === undefined || variable.scope === into.model.parsed.scope) return
  const mark = `${startOf(variable.identifiers[0] ?? variable.scope.block)} ${JSON.stringify(path)}`
  if (into.seen.has(mark)) return
  into.seen.add(mark)
  for (const reference of variable.references) {
    if (reference.init === true) continue
    const node = reference.identifier as AnyNode
    note(into, node, path)
    follow(into, node, path)
  }
}
