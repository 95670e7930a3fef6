import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { textOf } from '../model/definitions.ts'
import { requestedBy } from '../model/exports.ts'
import type { Model, Piece } from '../model/model.ts'
import { initialiserOf } from './slices.ts'

/** What a variable of a CommonJS module is all of: `const b = require('./b')`. */
export interface Required {
  request: string
  /** What a compiler has put around it: `__importDefault(require('./b'))` gives one without `__esModule` a default export. */
  wrapped: boolean
  /** `__importStar`: of one without `__esModule` it is a copy. */
  copied: boolean
}

const requiresByModel = new WeakMap<Model, Map<string, Required>>()

/** What a variable is all of; `null` for any other. */
export function requireOf(model: Model, name: string): Required | null {
  let requires = requiresByModel.get(model)
  if (!requires) {
    requires = new Map()
    for (const piece of model.units) {
      if (piece.kind !== 'unit') continue
      const required = declaredAs(piece.unit.node)
      const [declared] = piece.unit.names
      if (required !== null && declared !== undefined) requires.set(declared, required)
    }
    requiresByModel.set(model, requires)
  }
  return requires.get(name) ?? null
}

function requiredWhole(node: AnyNode | null | undefined): Required | null {
  if (node?.type === 'AwaitExpression') return importedWhole(node.argument)
  if (node?.type !== 'CallExpression' || node.callee.type !== 'Identifier') return null
  const request = requestedBy(node)
  if (request !== null) return { request, wrapped: false, copied: false }
  const [first] = node.arguments
  if (!node.callee.name.startsWith('__import') || first?.type !== 'CallExpression') return null
  const inside = requiredWhole(first)
  return inside && { ...inside, wrapped: true, copied: node.callee.name === '__importStar' }
}

/** `import('./b')`. */
function importedWhole(node: AnyNode): Required | null {
  const request = node.type === 'ImportExpression' ? textOf(node.source) : null
  return request === null ? null : { request, wrapped: false, copied: false }
}

function declaredAs(node: AnyNode): Required | null {
  return node.type === 'VariableDeclarator' && node.id.type === 'Identifier' ? requiredWhole(node.init) : null
}

/**
 * What a unit gives a name to, or exports, if that is all of another module: an object that stays the same, whatever becomes of what is in
 * it.
 */
export function aliasIn(piece: Piece, model: Model): Required | null {
  if (piece.kind !== 'unit') return null
  const { node, exporting } = piece.unit
  if (exporting === null) return declaredAs(node)
  const value = 'value' in exporting ? exporting.value : null
  return value?.type === 'Identifier' ? requireOf(model, value.name) : requiredWhole(value)
}

/** Whether a unit only gives names to what another module exports. */
export function onlyRequires(piece: UnitPiece): boolean {
  const initialiser = initialiserOf(piece)
  if (initialiser === null) return false
  const object = initialiser.type === 'MemberExpression' ? initialiser.object : initialiser
  return requiredWhole(object) !== null
}
