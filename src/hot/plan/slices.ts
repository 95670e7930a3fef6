import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { exportOf, isFilling, requestedBy } from '../model/exports.ts'
import { type Model, ownsExports, type Piece } from '../model/model.ts'
import { waits } from '../syntax/statements.ts'

/**
 * The variable that a statement builds up: `router` of `router.get('/', list)`, `table` of `table.a.b = 1`, `exports.router` of
 * `exports.router.get('/', list)`; `null` for any other.
 */
export function builds({ unit }: UnitPiece, model: Model): string | null {
  if (unit.kind !== 'effect' || unit.node.type !== 'ExpressionStatement') return null
  const root = rootOf(unit.node.expression)
  if (root?.startsWith(EXPORTS)) return ownsExports(model.parsed) ? root : null
  if (root === null || !model.parsed.scope.set.has(root) || model.imports.has(root)) return null
  return takenIn(model).has(root) ? null : root
}

const takenByModel = new WeakMap<Model, Set<string>>()

/** Variables that hold what belongs to somebody else: evaluated anew, they would hold the same object. */
function takenIn(model: Model): Set<string> {
  let taken = takenByModel.get(model)
  if (!taken) {
    const units = model.units.flatMap(piece =>
      piece.kind === 'unit' && isTaken(initialiserOf(piece)) ? [piece] : [],
    )
    taken = new Set(units.flatMap(({ unit }) => (unit.kind === 'variable' ? unit.names : [])))
    takenByModel.set(model, taken)
  }
  return taken
}

/** Whether an expression only takes what is there: a variable, a property, or what another module exports. */
export function isTaken(node: AnyNode | null): boolean {
  switch (node?.type) {
    case 'Identifier':
    case 'MemberExpression':
    case 'ImportExpression':
      return true
    case 'ChainExpression':
      return isTaken(node.expression)
    case 'AwaitExpression':
      return isTaken(node.argument)
    case 'CallExpression': {
      // What compilers put around `require`.
      const [first] = node.arguments
      const isWrapped = node.callee.type === 'Identifier' && node.callee.name.startsWith('__import')
      return requestedBy(node) !== null || (isWrapped && isTaken(first ?? null))
    }
    default:
      return false
  }
}

const EXPORTS = 'exports.'

/** How an export is named among the variables that statements build up. */
export const exportRoot = (name: string): string => `${EXPORTS}${name}`

function rootOf(node: AnyNode): string | null {
  switch (node.type) {
    case 'CallExpression': {
      const [first] = node.arguments
      if (first && isFilling(node.callee)) return rootOfValue(first)
      if (first && node.callee.type === 'FunctionExpression') return rootOfFallback(first)
      return node.callee.type === 'MemberExpression' ? rootOfValue(node.callee.object) : null
    }
    case 'AssignmentExpression':
      return rootOfTarget(node.left)
    case 'UpdateExpression':
      return rootOfTarget(node.argument)
    case 'UnaryExpression':
      return node.operator === 'delete' ? rootOfTarget(node.argument) : null
    case 'ChainExpression':
      return rootOf(node.expression)
    default:
      return null
  }
}

/** `E` of `(function (E) { … })(E || (E = {}))`, as compilers write an enumeration. */
function rootOfFallback(node: AnyNode): string | null {
  if (node.type !== 'LogicalExpression' || node.operator !== '||') return null
  if (node.left.type !== 'Identifier' || node.right.type !== 'AssignmentExpression') return null
  return node.left.name
}

function rootOfTarget(node: AnyNode): string | null {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression') return null
  const name = exportOf(node)
  return name === null ? rootOfValue(node.object) : exportRoot(name)
}

function rootOfValue(node: AnyNode): string | null {
  const name = exportOf(node)
  if (name !== null) return exportRoot(name)
  switch (node.type) {
    case 'MemberExpression':
      return rootOfValue(node.object)
    case 'CallExpression':
      return rootOf(node)
    case 'Identifier':
      return node.name
    default:
      return null
  }
}

/** Whether a unit, evaluated once more, would wait for something. */
export const waitsFor = ({ unit }: UnitPiece): boolean => waits(unit.node)

/** A value that its text alone tells; `undefined` where it does not. */
export function constantOf(node: AnyNode | null | undefined): { value: unknown } | undefined {
  if (!node) return undefined
  switch (node.type) {
    case 'Literal':
      return node.regex ? undefined : { value: node.bigint ?? node.value }
    case 'TemplateLiteral':
      return node.expressions.length === 0 ? { value: node.quasis[0]?.value.cooked } : undefined
    case 'UnaryExpression': {
      const argument = constantOf(node.argument)
      return argument && typeof argument.value === 'number' && node.operator === '-'
        ? { value: -argument.value }
        : undefined
    }
    case 'BinaryExpression': {
      const left = constantOf(node.left)?.value
      const right = constantOf(node.right)?.value
      if (typeof left === 'string' && typeof right === 'string' && node.operator === '+')
        return { value: left + right }
      if (typeof left !== 'number' || typeof right !== 'number') return undefined
      if (node.operator === '*') return { value: left * right }
      return node.operator === '+' ? { value: left + right } : undefined
    }
    default:
      return undefined
  }
}

/** All functions and constructors in a piece, however deep. */
export function runnableIn(piece: Piece): Piece[] {
  const own = piece.kind === 'function' || piece.kind === 'constructor' ? [piece] : []
  return [...own, ...piece.children.flatMap(runnableIn)]
}

/** What a variable is declared with, or what an export is set to. */
export function initialiserOf({ unit }: UnitPiece): AnyNode | null {
  if (unit.node.type === 'VariableDeclarator') return unit.node.init ?? null
  if (unit.kind === 'variable') return unit.node
  return unit.exporting && 'value' in unit.exporting ? unit.exporting.value : null
}
