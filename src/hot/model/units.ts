import type { AnyNode, ExpressionStatement, VariableDeclarator } from 'acorn'
import { walk } from '../syntax/parse.ts'
import type { TopLevel } from '../syntax/statements.ts'
import { assignedExports, type Exporting, exportOf, exportsIn } from './exports.ts'

/** The name that a default export has which has no other. */
export const DEFAULT = '*default*'

/** What a top-level statement, or one declarator of it, is for. */
export type UnitKind =
  /** Declares a function or a class. */
  | 'definition'
  /** Declares variables. */
  | 'variable'
  /** CommonJS: sets exports; its names are those, or `*` for `module.exports` as a whole. */
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
  /** What is evaluated anew: without `export`, without `const`. */
  node: AnyNode
  /** How an `export` exports. */
  exporting: Exporting | null
  /** Exports that it sets, also beside something else: `const app = (module.exports = create())`. */
  exports: string[]
}

const NO_EXPORTS = { exporting: null, exports: [] as string[] }

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
        return [{ ...NO_EXPORTS, kind: 'definition', statement: index, names, node: declaration }]
      }
      return [{ ...NO_EXPORTS, kind: 'variable', statement: index, names: [DEFAULT], node: declaration }]
    }
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return [
        {
          ...NO_EXPORTS,
          kind: 'definition',
          statement: index,
          names: [statement.id.name],
          node: statement,
        },
      ]
    case 'VariableDeclaration':
      return statement.declarations.map(node => ({
        exporting: null,
        exports: (commonjs && node.init && assignedExports(node.init)) || [],
        kind: 'variable',
        statement: index,
        names: boundNames(node.id),
        node,
      }))
    case 'ExpressionStatement':
      if ('directive' in statement && statement.directive !== undefined) return []
      return commonjs ? expressionUnits(statement, index) : [effect(statement, index, commonjs)]
    default:
      return [effect(statement, index, commonjs)]
  }
}

function effect(node: AnyNode, statement: number, commonjs: boolean): Unit {
  const exports = commonjs ? exportsWithin(node) : []
  return { kind: 'effect', statement, names: hoistedNames(node), node, exporting: null, exports }
}

/** The exports that are set somewhere in a statement: `(function (E) { … })(E || (exports.E = E = {}))`. */
function exportsWithin(statement: AnyNode): string[] {
  const names: string[] = []
  walk(statement, node => {
    if (node.type.includes('Function') || node.type.startsWith('Class')) return false
    const name = node.type === 'AssignmentExpression' ? exportOf(node.left) : null
    if (name !== null) names.push(name)
    return true
  })
  return names
}

function expressionUnits(statement: ExpressionStatement, index: number): Unit[] {
  const exported = exportsIn(statement.expression)
  if (exported === null) return [effect(statement, index, true)]
  return exported.map(({ names, exporting }) => ({
    kind: 'export',
    statement: index,
    names,
    node: exporting.how === 'listed' ? exporting.property : statement,
    exporting,
    exports: names,
  }))
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
