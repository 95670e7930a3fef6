import type { AnyNode } from 'acorn'
import { propertyName } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { startOf } from '../syntax/parse.ts'
import { followArgument } from './follow-argument.ts'
import { type Path, partAt, partWithin, type Way } from './follow-path.ts'
import { followResult, lookedAtBy } from './follow-result.ts'
import { followed, type Read } from './reads.ts'
import { functionAround, type TextIndex } from './text-index.ts'

/** What is followed further than this is followed no more. */
const DEEPEST = 8

/** How something is used, at one place. */
export interface Use {
  offset: number
  path: Path
  /** The same for who follows it further: it may be inside of something else. */
  way: Way
  end: Read['end'] | 'escapes'
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
}

/** Where the value of an expression goes. */
export function follow(into: Following, node: AnyNode, path: Way): void {
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

function toCaller(into: Following, node: AnyNode, leave: (more: Path, to: Destination | null) => void): void {
  const around = functionAround(into.index, node)
  leave([], around && { kind: 'caller', of: around })
}

/** A literal is followed as what is in it. */
function putInto(into: Following, parent: AnyNode, node: AnyNode, path: Way): void {
  const literal = parent.type === 'Property' ? into.index.parents.get(parent) : parent
  if (literal?.type !== 'ObjectExpression' && literal?.type !== 'ArrayExpression') return
  if (parent.type === 'Property' && parent.value !== node) return
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

/** Into a variable, or several. */
export function take(into: Following, target: AnyNode, path: Way): void {
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
