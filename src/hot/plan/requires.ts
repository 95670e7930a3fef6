import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
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
      const required = aliasIn(piece)
      const [declared] = piece.unit.names
      if (required !== null && declared !== undefined) requires.set(declared, required)
    }
    requiresByModel.set(model, requires)
  }
  return requires.get(name) ?? null
}

function requiredWhole(node: AnyNode | null): Required | null {
  if (node?.type !== 'CallExpression' || node.callee.type !== 'Identifier') return null
  const request = requestedBy(node)
  if (request !== null) return { request, wrapped: false, copied: false }
  const [first] = node.arguments
  if (!node.callee.name.startsWith('__import') || first?.type !== 'CallExpression') return null
  const inside = requiredWhole(first)
  return inside && { ...inside, wrapped: true, copied: node.callee.name === '__importStar' }
}

/** What a declaration gives a name to, if that is all of another module: an object that stays the same, whatever becomes of what is in it. */
export function aliasIn(piece: Piece): Required | null {
  if (piece.kind !== 'unit' || piece.unit.node.type !== 'VariableDeclarator') return null
  return piece.unit.node.id.type === 'Identifier' ? requiredWhole(initialiserOf(piece)) : null
}

/** Whether a unit only gives names to what another module exports. */
export function onlyRequires(piece: UnitPiece): boolean {
  const initialiser = initialiserOf(piece)
  if (initialiser === null) return false
  const object = initialiser.type === 'MemberExpression' ? initialiser.object : initialiser
  return requiredWhole(object) !== null
}
