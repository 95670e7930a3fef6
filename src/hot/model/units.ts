import type {
  AnyNode,
  AssignmentExpression,
  Expression,
  ExpressionStatement,
  Pattern,
  VariableDeclarator,
} from 'acorn'
import { walk } from '../syntax/parse.ts'
import type { TopLevel } from '../syntax/statements.ts'

/** The name that a default export has which has no other. */
export const DEFAULT = '*default*'

/** What a top-level statement, or one declarator of it, is for. */
export type UnitKind =
  /** Declares a function or a class. */
  | 'definition'
  /** Declares variables. */
  | 'variable'
  /** CommonJS: sets an export; its names are those of the exports, or `*` for `module.exports` as a whole. */
  | 'export'
  /** Does something else. */
  | 'effect'

/** The unit of an upgrade: a top-level statement, or one declarator of it. */
export interface Unit {
  kind: UnitKind
  /** Place of its statement in the module. */
  statement: number
  /** What it declares or sets. */
  names: string[]
  /** What is compared, and evaluated anew: without `export`, without `const`. */
  node: AnyNode
}

/** The units of a module, in the order of the text; imports and lists of exports are none. */
export function unitsOf(body: TopLevel[], commonjs: boolean): Unit[] {
  return body.flatMap((statement, index) => unitsIn(statement, index, commonjs))
}

function unitsIn(statement: TopLevel, index: number, commonjs: boolean): Unit[] {
  switch (statement.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'EmptyStatement':
      return []
    case 'ExportNamedDeclaration':
      return statement.declaration ? unitsIn(statement.declaration, index, commonjs) : []
    case 'ExportDefaultDeclaration': {
      const { declaration } = statement
      if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
        const names = [declaration.id?.name ?? DEFAULT]
        return [{ kind: 'definition', statement: index, names, node: declaration }]
      }
      return [{ kind: 'variable', statement: index, names: [DEFAULT], node: declaration }]
    }
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return [{ kind: 'definition', statement: index, names: [statement.id.name], node: statement }]
    case 'VariableDeclaration':
      return statement.declarations.map(node => ({
        kind: 'variable',
        statement: index,
        names: boundNames(node.id),
        node,
      }))
    case 'ExpressionStatement':
      if ('directive' in statement && statement.directive !== undefined) return []
      return commonjs ? expressionUnits(statement, index) : [effect(statement, index)]
    default:
      return [effect(statement, index)]
  }
}

function effect(node: AnyNode, statement: number): Unit {
  return { kind: 'effect', statement, names: hoistedNames(node), node }
}

function expressionUnits(statement: ExpressionStatement, index: number): Unit[] {
  const { expression } = statement
  const names = exportsSet(expression)
  if (names === null) return [effect(statement, index)]
  // `exports.a = exports.b = void 0`, as compilers write it, so that every name is there from the beginning.
  if (isVoid(lastValue(expression))) return []
  return [{ kind: 'export', statement: index, names, node: statement }]
}

function lastValue(expression: Expression): Expression {
  return expression.type === 'AssignmentExpression' ? lastValue(expression.right) : expression
}

const isVoid = (node: Expression) =>
  node.type === 'UnaryExpression' && node.operator === 'void' && node.argument.type === 'Literal'

/** Which exports an assignment sets, `exports.a = exports.b = …` and `module.exports = …` included; `null` for any other expression. */
function exportsSet(expression: Expression): string[] | null {
  if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return null
  const name = exportName(expression.left)
  if (name === null) return null
  const more = exportsSet(expression.right)
  return [name, ...(more ?? [])]
}

/** The export that `exports.x`, `module.exports.x` or `module.exports` stands for. */
function exportName(node: Pattern | AssignmentExpression['left'] | Expression): string | null {
  if (node.type !== 'MemberExpression') return null
  if (isModuleExports(node)) return '*'
  const { object, property, computed } = node
  if (object.type !== 'Identifier' ? !isModuleExports(object) : object.name !== 'exports') return null
  if (property.type === 'Identifier' && !computed) return property.name
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : null
}

function isModuleExports(node: AnyNode): boolean {
  return (
    node.type === 'MemberExpression' &&
    !node.computed &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    node.property.type === 'Identifier' &&
    node.property.name === 'exports'
  )
}

/** The names that a pattern binds. */
export function boundNames(pattern: VariableDeclarator['id']): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap(property =>
        boundNames(property.type === 'RestElement' ? property.argument : property.value),
      )
    case 'ArrayPattern':
      return pattern.elements.flatMap(element => (element ? boundNames(element) : []))
    case 'RestElement':
      return boundNames(pattern.argument)
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    default:
      return []
  }
}

/** What `var` declares inside a statement, for the module. */
function hoistedNames(statement: AnyNode): string[] {
  const names: string[] = []
  walk(statement, node => {
    if (node.type.includes('Function') || node.type.startsWith('Class')) return false
    if (node.type === 'VariableDeclaration' && node.kind === 'var')
      for (const { id } of node.declarations) names.push(...boundNames(id))
    return true
  })
  return names
}
