import type { AnyNode } from 'acorn'
import type { Difference } from '../diff/diff.ts'
import type { ConstructorPiece } from '../diff/match.ts'
import type { Model, Range } from '../model/model.ts'
import { rootIn } from './roots.ts'

/** A field that a class gives its instances now, and that can be given to those that live. */
export interface AddedField {
  name: string
  /** The field, or the statement of the constructor that sets it. */
  node: Range & { value: AnyNode | null }
}

/**
 * The fields that are all that a class's constructor has in addition, if what they are set to is the same for all instances, at any time; `null` where
 * it differs in anything else.
 */
export function onlyAddedFields(
  { before, after }: Difference,
  one: ConstructorPiece,
  other: ConstructorPiece,
): AddedField[] | null {
  if (one.of.within !== null || other.of.within !== null || hasPrivateNames(other)) return null
  const known = new Set(fieldsIn(before, one).map(({ name }) => name))
  const added = fieldsIn(after, other).filter(({ name }) => !known.has(name))
  if (added.length === 0) return null
  const rest = other.ranges.flatMap(range => without(range, added))
  return after.shellOf(rest, other.children) === one.shell && isSameCode(one, other) ? added : null
}

const isSameCode = (one: ConstructorPiece, other: ConstructorPiece) => one.code.kind === other.code.kind

const hasPrivateNames = ({ of }: ConstructorPiece) =>
  of.node.body.body.some(member => 'key' in member && member.key.type === 'PrivateIdentifier')

/** What is set to something that does not depend on the instance. */
function fieldsIn(model: Model, { of, code }: ConstructorPiece): AddedField[] {
  const fields = of.node.body.body.flatMap((member): AddedField[] => {
    if (member.type !== 'PropertyDefinition' || member.static || member.computed) return []
    if (member.key.type !== 'Identifier' || !isConstantIn(model, member.value ?? null, true)) return []
    return [{ name: member.key.name, node: { ...range(member), value: member.value ?? null } }]
  })
  const body = code.kind === 'function' && code.node.body.type === 'BlockStatement' ? code.node.body.body : []
  const set = body.flatMap((statement): AddedField[] => {
    const node = statement.type === 'ExpressionStatement' ? statement.expression : null
    if (node?.type !== 'AssignmentExpression' || node.operator !== '=') return []
    const { left, right } = node
    if (left.type !== 'MemberExpression' || left.object.type !== 'ThisExpression' || left.computed) return []
    if (left.property.type !== 'Identifier' || !isConstantIn(model, right, false)) return []
    return [{ name: left.property.name, node: { ...range(statement), value: right } }]
  })
  return [...fields, ...set]
}

const range = ({ start, end }: Range): Range => ({ start, end })

function without({ start, end }: Range, added: AddedField[]): Range[] {
  const inside = added.map(({ node }) => node).filter(node => node.start >= start && node.end <= end)
  const left: Range[] = []
  let from = start
  for (const node of inside.toSorted((a, b) => a.start - b.start)) {
    left.push({ start: from, end: node.start })
    from = node.end
  }
  return [...left, { start: from, end }]
}

const CONTAINERS = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'Array', 'Object'])
const VALUES = new Set(['undefined', 'NaN', 'Infinity'])

/** Whether an expression gives the like for each instance, whenever it is evaluated. */
function isConstantIn(model: Model, node: AnyNode | null, functions: boolean): boolean {
  const each = (inner: AnyNode | null) => isConstantIn(model, inner, functions)
  switch (node?.type) {
    case undefined:
    case 'Literal':
      return true
    case 'Identifier': {
      const root = rootIn(model, node)
      return root.kind === 'top' || (root.kind === 'global' && VALUES.has(root.name))
    }
    case 'TemplateLiteral':
      return node.expressions.every(each)
    case 'UnaryExpression':
      return node.operator !== 'delete' && each(node.argument)
    case 'BinaryExpression':
      return each(node.left) && each(node.right)
    case 'ArrayExpression':
      return node.elements.every(element => element?.type !== 'SpreadElement' && each(element))
    case 'ObjectExpression':
      return node.properties.every(
        property =>
          property.type === 'Property' &&
          property.kind === 'init' &&
          !property.computed &&
          each(property.value),
      )
    case 'NewExpression': {
      const root = rootIn(model, node.callee)
      const isContainer = root.kind === 'global' && CONTAINERS.has(root.name)
      return isContainer && node.callee.type === 'Identifier' && node.arguments.every(each)
    }
    // In a constructor it may use what that has been given.
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return functions
    default:
      return false
  }
}
