import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import { type Read, readsOf } from './reads.ts'
import { initialiserOf } from './slices.ts'
import {
  exportKey,
  type FunctionRecord,
  keyFor,
  originOfRequest,
  type VariableKey,
  type WorldModule,
} from './world.ts'

/** What an upgrade changes, as far as it is known. */
export interface Changes {
  /** Variables and exports that get another value. */
  values: Map<VariableKey, string>
  /** Functions that do something else: their code changed, or they read what changed. */
  functions: Map<FunctionRecord, string>
}

/** The first thing a piece reads that gets another value, in words; `null` where it reads none. */
export function changedRead(
  changes: Changes,
  module: WorldModule,
  model: Model,
  piece: Piece,
): string | null {
  if (changes.values.size === 0) return null
  for (const read of readsOf(model, piece)) {
    if (read.use === 'assigned' || read.use === 'ignored') continue
    const request = requestOf(model, read)
    if (request !== null && module.takes(request)) continue
    const isAlias = read.of === 'request' && isAliasOf(piece)
    const found = keysOf(module, model, read).find(key =>
      isAlias ? changes.values.has(key) : isChanged(changes, key),
    )
    if (found) return describe(changes, found)
  }
  return null
}

/** What ends in `*` stands for all exports of a module. */
function isChanged({ values }: Changes, key: VariableKey): boolean {
  if (!key.endsWith('*'))
    return values.has(key) || values.has(key.replace(/\|exports\..*/, '|exports.*') as VariableKey)
  const prefix = key.slice(0, -1)
  for (const changed of values.keys()) if (changed.startsWith(prefix)) return true
  return false
}

function describe({ values }: Changes, key: VariableKey): string {
  const [module = '', name = ''] = key.split('|')
  return values.get(key) ?? `${name.replace(/^exports\./, '')} of ${module}`
}

/** The variables that a use is one of. */
export function keysOf(module: WorldModule, model: Model, read: Read): VariableKey[] {
  if (read.of === 'request') return keysOfRequest(module, read.request, read.member)
  const imported = model.imports.get(read.name)
  if (imported) {
    const target = module.target(imported.request)
    if (target === null) return []
    // A CommonJS module is its own default export.
    if (imported.name === '*' || isCommonjsDefault(target, imported.name))
      return keysOfRequest(module, imported.request, read.member)
    return keysOfRequest(module, imported.request, imported.name)
  }
  const own = keyFor(module, read.name)
  const required = requireOf(model, read.name)
  return required === null ? [own] : [own, ...keysOfRequest(module, required, read.member)]
}

/** Through which request a use reaches another module; `null` for one of the module itself. */
function requestOf(model: Model, read: Read): string | null {
  if (read.of === 'request') return read.request
  return model.imports.get(read.name)?.request ?? requireOf(model, read.name)
}

const isCommonjsDefault = (target: WorldModule, name: string) =>
  name === 'default' && target.format !== 'module'

/** `member` is `null` for a use of the whole. */
function keysOfRequest(module: WorldModule, request: string, member: string | null): VariableKey[] {
  const target = module.target(request)
  if (target === null) return []
  // What compilers put around `require` gives JSON a default export.
  if (member === null || (member === 'default' && target.format === 'json'))
    return target.format === 'module' ? [`${target.key}|*`] : [exportKey(target, '*')]
  const origin = originOfRequest(module, request, member)
  switch (origin.kind) {
    case 'variable':
      return [keyFor(origin.module, origin.local)]
    case 'commonjs':
      return [exportKey(origin.module, origin.name)]
    case 'namespace':
      return [`${origin.module.key}|*`]
    default:
      return []
  }
}

const requiresByModel = new WeakMap<Model, Map<string, string>>()

/** The module that a variable of a CommonJS module is all of: `const b = require('./b')`. */
function requireOf(model: Model, name: string): string | null {
  let requires = requiresByModel.get(model)
  if (!requires) {
    requires = new Map()
    for (const piece of model.units) {
      if (piece.kind !== 'unit' || piece.unit.node.type !== 'VariableDeclarator') continue
      const { id } = piece.unit.node
      const request = requiredWhole(initialiserOf(piece))
      if (id.type === 'Identifier' && request !== null) requires.set(id.name, request)
    }
    requiresByModel.set(model, requires)
  }
  return requires.get(name) ?? null
}

/** `require('x')`, and what compilers put around it: `__importStar(require('x'))`. */
function requiredWhole(node: ReturnType<typeof initialiserOf>): string | null {
  if (node?.type !== 'CallExpression' || node.callee.type !== 'Identifier') return null
  const [first] = node.arguments
  if (node.callee.name === 'require')
    return first?.type === 'Literal' && typeof first.value === 'string' ? first.value : null
  if (node.callee.name.startsWith('__import') && first?.type === 'CallExpression') return requiredWhole(first)
  return null
}

/** Whether a piece only gives a name to all that another module exports: an object that stays the same, whatever becomes of what is in it. */
function isAliasOf(piece: Piece): boolean {
  if (piece.kind !== 'unit' || piece.unit.node.type !== 'VariableDeclarator') return false
  return piece.unit.node.id.type === 'Identifier' && requiredWhole(initialiserOf(piece)) !== null
}

/** Whether a unit only gives names to what another module exports. */
export function onlyRequires(piece: UnitPiece): boolean {
  const initialiser = initialiserOf(piece)
  if (initialiser === null) return false
  const object = initialiser.type === 'MemberExpression' ? initialiser.object : initialiser
  return requiredWhole(object) !== null
}
