import type { AnyNode } from 'acorn'
import { exportOf, isFilling, propertyName } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { type Definition, definitionOf } from './definition-of.ts'
import { readsIn } from './reads.ts'
import { declaredWith, indexOf } from './text-index.ts'
import { passesOn, type WorldModule } from './world.ts'

/** Modules that can use a variable of another. */
export type UsersOf = (module: WorldModule) => Iterable<WorldModule>

/** Where a function is called. */
interface Call {
  module: WorldModule
  call: AnyNode
}

/** Methods that want to be told something of each element, and give nothing of what they are told. */
const ASKING = new Set([
  'forEach',
  'some',
  'every',
  'find',
  'findIndex',
  'findLast',
  'filter',
  'sort',
  'toSorted',
])

/** Every call of a function; `null` for one that is used in another way as well, or has no name. */
export function callsOf(module: WorldModule, called: FunctionSyntax, usersOf: UsersOf): Call[] | null {
  const model = module.before
  if (model === null) return null
  const { parents, variables } = indexOf(model)
  const parent = parents.get(called)
  if (parent?.type === 'CallExpression' && parent.callee !== called) {
    const name = parent.callee.type === 'MemberExpression' ? propertyName(parent.callee) : null
    return name !== null && ASKING.has(name) ? [] : null
  }
  if (parent?.type === 'CallExpression') return [{ module, call: parent }]
  const id =
    called.type === 'FunctionDeclaration'
      ? called.id
      : parent?.type === 'VariableDeclarator'
        ? parent.id
        : null
  const variable = id?.type === 'Identifier' ? variables.get(id.start) : undefined
  if (variable && variable.scope !== model.parsed.scope) {
    if (declaredWith(variable) !== called) return null
    const calls = variable.references
      .filter(({ init }) => init !== true)
      .map(({ identifier }) => callAt(model, identifier as AnyNode))
    return calls.includes(null) ? null : calls.flatMap(call => (call ? [{ module, call }] : []))
  }
  return isAtTop(model, called) ? callsByReaders(module, called, usersOf) : null
}

function callAt(model: Model, node: AnyNode): AnyNode | null {
  const parent = indexOf(model).parents.get(node)
  if (parent?.type === 'ChainExpression' || parent?.type === 'SequenceExpression')
    return callAt(model, parent)
  return parent?.type === 'CallExpression' && parent.callee === node ? parent : null
}

/** Whether it is what the module itself gives a name to, or exports; or a property of that. */
function isAtTop(model: Model, node: AnyNode): boolean {
  const parent = indexOf(model).parents.get(node)
  switch (parent?.type) {
    case 'Program':
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return true
    case 'VariableDeclarator': {
      const { variables } = indexOf(model)
      const variable = variables.get(parent.id.start)
      return variable?.scope === model.parsed.scope && declaredWith(variable) === node
    }
    case 'Property':
      return !parent.computed && parent.kind === 'init' && isAtTop(model, parent)
    case 'ObjectExpression':
      return isAtTop(model, parent)
    case 'AssignmentExpression':
      return exportOf(parent.left) !== null
    default:
      return false
  }
}

function callsByReaders(module: WorldModule, called: FunctionSyntax, usersOf: UsersOf): Call[] | null {
  const found: Call[] = []
  for (const user of usersOf(module)) {
    const model = user.before
    if (model === null) continue
    for (const read of readsIn(model)) {
      const call = callBy(user, model, read.node, module, called)
      if (call === 'unknown') return null
      if (call) found.push({ module: user, call })
    }
  }
  return found
}

/** What a read does with the function: calls it; nothing at all; or what nobody knows. */
function callBy(
  user: WorldModule,
  model: Model,
  root: AnyNode,
  module: WorldModule,
  called: FunctionSyntax,
): AnyNode | null | 'unknown' {
  const { parents } = indexOf(model)
  let node = root
  let definition = definitionOf(user, node)
  for (;;) {
    if (definition === null || !isNear(definition, module, called)) return null
    const parent = parents.get(node)
    if (definition.kind === 'node' && definition.node === called) {
      const call = callAt(model, node)
      return call ?? (isName(model, node, user === module) ? null : 'unknown')
    }
    if (parent?.type !== 'MemberExpression' || parent.object !== node)
      return isName(model, node, user === module) ? null : 'unknown'
    node = parent
    if (propertyName(parent) === null) return 'unknown'
    const next = definitionOf(user, node)
    // Another member than those that are known of it.
    if (next === null && definition.kind === 'node')
      return isAnother(definition.node, parent, called) ? null : 'unknown'
    definition = next
  }
}

/** Whether a function can be reached by way of something. */
function isNear(definition: Definition, module: WorldModule, called: FunctionSyntax, left = 4): boolean {
  if (definition.kind === 'whole') return definition.module === module || passesOn(definition.module)
  const { node } = definition
  if (node === called) return true
  if (node.type !== 'ObjectExpression' || left === 0) return false
  return node.properties.some(property => {
    const value = property.type === 'Property' ? property.value : property.argument
    const inside = definitionOf(definition.module, value)
    return inside !== null && isNear(inside, module, called, left - 1)
  })
}

function isAnother(node: AnyNode, parent: AnyNode, called: FunctionSyntax): boolean {
  if (node.type !== 'ObjectExpression' || parent.type !== 'MemberExpression') return false
  const name = propertyName(parent)
  const property = node.properties.find(
    each => each.type === 'Property' && each.key.type === 'Identifier' && each.key.name === name,
  )
  if (property === undefined) return true
  return (
    property.type === 'Property' &&
    property.kind === 'init' &&
    property.value !== called &&
    isLiteral(property.value)
  )
}

const isLiteral = ({ type }: AnyNode) => type === 'Literal' || type === 'TemplateLiteral'

/** Whether something only gets another name there, under which its uses are looked at as well. */
function isName(model: Model, node: AnyNode, isOwn: boolean): boolean {
  const { parents, variables } = indexOf(model)
  const parent = parents.get(node)
  switch (parent?.type) {
    case 'ExportSpecifier':
    case 'ExportDefaultDeclaration':
      return isOwn
    case 'AssignmentExpression':
      return isOwn && (exportOf(parent.left) !== null || isName(model, parent, isOwn))
    case 'Property':
      return isOwn && parent.value === node && isAtTop(model, parent)
    case 'CallExpression':
      // What compilers put around `require`, and what only marks `exports`.
      if (parent.callee.type === 'Identifier') return /^__(import|export)/.test(parent.callee.name)
      return isFilling(parent.callee) && exportOf(node) !== null
    case 'ExpressionStatement':
      return true
    case 'VariableDeclarator': {
      const declaration = parents.get(parent)
      if (declaration && parents.get(declaration)?.type === 'ExportNamedDeclaration') return isOwn
      const names = parent.id.type === 'ObjectPattern' ? parent.id.properties : [parent.id]
      return names.every(each => {
        const target = each.type === 'Property' ? each.value : each
        return variables.get(target.start)?.scope === model.parsed.scope
      })
    }
    default:
      return false
  }
}
