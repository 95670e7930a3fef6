import type { AnyNode, ArrayExpression, ObjectExpression, Program } from 'acorn'
import { childrenOf } from './parse.ts'

export type TopLevel = Program['body'][number]

/** Whether a top-level statement can run anything but itself: call, construct, read a property, or wait. */
export function isActive(statement: TopLevel): boolean {
  switch (statement.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'FunctionDeclaration':
    case 'EmptyStatement':
      return false
    case 'ExportNamedDeclaration':
      return statement.declaration ? isActive(statement.declaration) : false
    case 'ExportDefaultDeclaration':
      return statement.declaration.type !== 'FunctionDeclaration' && !isInert(statement.declaration)
    case 'ExpressionStatement':
      return !isInert(statement.expression)
    case 'VariableDeclaration':
      return statement.declarations.some(
        ({ id, init }) =>
          id.type !== 'Identifier' || statement.kind.endsWith('using') || (init ? !isInert(init) : false),
      )
    default:
      return !isInert(statement)
  }
}

/** Whether evaluating it runs no code of anybody. */
export function isInert(node: AnyNode): boolean {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ThisExpression':
    case 'FunctionExpression':
    case 'FunctionDeclaration':
    case 'ArrowFunctionExpression':
    case 'TemplateElement':
      return true
    case 'ArrayExpression':
    case 'ObjectExpression':
      return isMadeOf(node, isInert)
    case 'ClassDeclaration':
    case 'ClassExpression':
      return (
        (node.superClass === null ||
          node.superClass === undefined ||
          node.superClass.type === 'Identifier') &&
        node.body.body.every(
          member =>
            member.type !== 'StaticBlock' &&
            !member.computed &&
            (member.type === 'MethodDefinition' || !member.static || !member.value || isInert(member.value)),
        )
      )
    case 'UnaryExpression':
      return node.operator !== 'delete' && isInertPrimitive(node.argument)
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'ParenthesizedExpression':
      return childrenOf(node).every(isInert)
    case 'BinaryExpression':
      return isInertPrimitive(node.left) && isInertPrimitive(node.right)
    default:
      return false
  }
}

/** Whether all that a literal holds is of some kind, and nothing is asked for what it has. */
function isMadeOf(node: ArrayExpression | ObjectExpression, isOfKind: (value: AnyNode) => boolean): boolean {
  if (node.type === 'ArrayExpression')
    return node.elements.every(
      element => element === null || (element.type !== 'SpreadElement' && isOfKind(element)),
    )
  return node.properties.every(
    property => property.type === 'Property' && !property.computed && isOfKind(property.value),
  )
}

/** What makes something new and empty, or out of what it is given here, and calls nobody. */
const CALM = new Set(['Map', 'Set', 'WeakMap', 'WeakSet'])

/**
 * Whether all that an active statement runs is Node.js's own, or asks values for what they stand for in a calculation: nothing that goes on once the
 * statement has ended.
 */
export function isCalm(statement: TopLevel, declared: ReadonlyMap<string, unknown>): boolean {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration?.type !== 'VariableDeclaration' || declaration.kind.endsWith('using')) return false
  const isCalmValue = (node: AnyNode): boolean => {
    if (isInert(node)) return true
    switch (node.type) {
      case 'NewExpression':
        return (
          node.callee.type === 'Identifier' &&
          CALM.has(node.callee.name) &&
          !declared.has(node.callee.name) &&
          node.arguments.every(isCalmValue)
        )
      case 'ArrayExpression':
      case 'ObjectExpression':
        return isMadeOf(node, isCalmValue)
      case 'BinaryExpression':
      case 'UnaryExpression':
      case 'LogicalExpression':
      case 'ConditionalExpression':
      case 'TemplateLiteral':
        return childrenOf(node).every(isCalmValue)
      default:
        return false
    }
  }
  return declaration.declarations.every(
    ({ id, init }) => id.type === 'Identifier' && (!init || isCalmValue(init)),
  )
}

/** What operators can be used on without a method of it being asked. */
function isInertPrimitive(node: AnyNode): boolean {
  if (node.type === 'Literal') return true
  if (node.type === 'TemplateLiteral') return node.expressions.every(isInertPrimitive)
  if (node.type === 'UnaryExpression') return node.operator !== 'delete' && isInertPrimitive(node.argument)
  return node.type === 'BinaryExpression' && isInertPrimitive(node.left) && isInertPrimitive(node.right)
}

/** Whether the module waits while it evaluates a statement. */
export function waits(node: AnyNode): boolean {
  switch (node.type) {
    case 'AwaitExpression':
      return true
    case 'ForOfStatement':
      if (node.await) return true
      break
    case 'VariableDeclaration':
      if (node.kind === 'await using') return true
      break
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return false
    default:
      break
  }
  return childrenOf(node).some(waits)
}
