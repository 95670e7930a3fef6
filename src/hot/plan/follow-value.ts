import type { AnyNode } from 'acorn'
import { propertyName } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { startOf } from '../syntax/parse.ts'
import { followArgument } from './follow-argument.ts'
import { followResult, lookedAtBy } from './follow-result.ts'
import { followed, type Read } from './reads.ts'
import { functionAround, type TextIndex } from './text-index.ts'

/** What is followed further than this is followed no more. */
const DEEPEST = 8

export type Path = (string | null)[]

/** How something is used, at one place. */
export interface Use {
  offset: number
  path: Path
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
export function follow(into: Following, node: AnyNode, path: Path): void {
  const parent = into.index.parents.get(node)
  if (parent === undefined) return
  const leave = (more: Path = [], to: Destination | null = null) =>
    void into.uses.push({ offset: node.start, path: [...path, ...more], end: 'escapes', to })
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
      if (parent.type !== 'Property' || parent.value === node) contain(into, parent, () => leave())
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

/** A literal is as harmless as what is done with it. */
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

function takeEach(into: Following, left: AnyNode, path: Path): void {
  const target = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left
  if (target) take(into, target, [...path, null])
}

/** Into a variable, or several. */
export function take(into: Following, target: AnyNode, path: Path): void {
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
      into.uses.push({ offset: target.start, path, end: 'escapes', to: null })
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
function takeVariable(into: Following, { start }: AnyNode, path: Path): void {
  const variable = into.index.variables.get(start)
  if (variable === undefined || variable.scope === into.model.parsed.scope) return
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
export function note(into: Following, node: AnyNode, path: Path): void {
  const { path: more, end } = followed(node, ancestors(into, node))
  if (more.length > 0 || end !== 'assigned')
    into.uses.push({ offset: node.start, path: [...path, ...more], end, to: null })
}

export function ancestors({ index: { parents } }: Following, node: AnyNode): AnyNode[] {
  const found: AnyNode[] = []
  for (let each = parents.get(node); each; each = parents.get(each)) found.unshift(each)
  return found
}
