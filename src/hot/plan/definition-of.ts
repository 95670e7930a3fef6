import type { AnyNode } from 'acorn'
import { isModuleExports, propertyName, requestedBy, WHOLE } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import { requireOf } from './requires.ts'
import { initialiserOf } from './slices.ts'
import { declaredWith, indexOf } from './text-index.ts'
import { isEsModule, type Origin, originOf, type WorldModule } from './world.ts'

/** What an expression stands for, in the running texts: a function, a class or a literal, or all that a module exports. */
export type Definition =
  | { kind: 'node'; module: WorldModule; model: Model; node: AnyNode }
  | { kind: 'whole'; module: WorldModule }

/** Through more names than this it is not looked for. */
const FARTHEST = 12

/** `null` where the text does not tell. */
export function definitionOf(module: WorldModule, node: AnyNode, left = FARTHEST): Definition | null {
  const model = module.before
  if (model === null || left <= 0) return null
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'ObjectExpression':
      return { kind: 'node', module, model, node }
    case 'ChainExpression':
      return definitionOf(module, node.expression, left - 1)
    case 'AwaitExpression':
      return node.argument.type === 'ImportExpression' ? definitionOf(module, node.argument, left - 1) : null
    case 'ImportExpression':
      return node.source.type === 'Literal' ? wholeOf(module, String(node.source.value), left - 1) : null
    case 'SequenceExpression': {
      // `(0, b_1.add)(…)`, as compilers write it.
      const last = node.expressions.at(-1)
      return last ? definitionOf(module, last, left - 1) : null
    }
    case 'CallExpression': {
      const request = requestedBy(node)
      return request === null ? null : wholeOf(module, request, left - 1)
    }
    case 'Identifier':
      return ofVariable(module, model, node, left)
    case 'MemberExpression': {
      if (model.format === 'commonjs' && isModuleExports(node)) return { kind: 'whole', module }
      const name = propertyName(node)
      const object = name === null ? null : definitionOf(module, node.object, left - 1)
      if (name === null || object === null) return null
      if (object.kind === 'node') return memberOf(object, name, left)
      // `b_1.default` of one that knows nothing of a default export.
      if (name === 'default' && object.module.format === 'commonjs' && !isEsModule(object.module))
        return object
      return exportedAs(object.module, name, left)
    }
    default:
      return null
  }
}

function wholeOf(module: WorldModule, request: string, left: number): Definition | null {
  const target = module.target(request)
  return target && wholeIn(target, left)
}

/** What a CommonJS module sets as all of its exports, where that is one thing. */
function wholeIn(module: WorldModule, left: number): Definition {
  const whole = module.format === 'commonjs' ? exportedAs(module, WHOLE, left) : null
  return whole ?? { kind: 'whole', module }
}

function ofVariable(
  module: WorldModule,
  model: Model,
  { name, start }: Extract<AnyNode, { type: 'Identifier' }>,
  left: number,
): Definition | null {
  const variable = indexOf(model).variables.get(start)
  if (variable === undefined)
    return name === 'exports' && model.format === 'commonjs' ? { kind: 'whole', module } : null
  const imported = variable.scope === model.parsed.scope ? model.imports.get(name) : undefined
  if (imported) {
    const target = module.target(imported.request)
    if (target === null) return null
    if (imported.name === '*' || (imported.name === 'default' && target.format !== 'module'))
      return wholeIn(target, left - 1)
    return exportedAs(target, imported.name, left)
  }
  const required = variable.scope === model.parsed.scope ? requireOf(model, name) : null
  if (required) return required.copied ? null : wholeOf(module, required.request, left - 1)
  const declared = declaredWith(variable)
  if (declared) return definitionOf(module, declared, left - 1)
  return ofTaken(module, variable.defs[0]?.node as AnyNode | undefined, name, left)
}

/** `const { add } = require('./b')`. */
function ofTaken(
  module: WorldModule,
  declarator: AnyNode | undefined,
  local: string,
  left: number,
): Definition | null {
  if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'ObjectPattern') return null
  const property = declarator.id.properties.find(
    each => each.type === 'Property' && each.value.type === 'Identifier' && each.value.name === local,
  )
  if (property?.type !== 'Property' || property.computed || property.key.type !== 'Identifier') return null
  const from = declarator.init ? definitionOf(module, declarator.init, left - 1) : null
  if (from === null) return null
  const { name } = property.key
  return from.kind === 'whole' ? exportedAs(from.module, name, left) : memberOf(from, name, left)
}

function memberOf(
  object: Extract<Definition, { kind: 'node' }>,
  name: string,
  left: number,
): Definition | null {
  if (object.node.type !== 'ObjectExpression') return null
  const found = object.node.properties.filter(
    property =>
      property.type !== 'Property' ||
      property.computed ||
      (property.key.type === 'Identifier'
        ? property.key.name
        : property.key.type === 'Literal' && property.key.value) === name,
  )
  const [property] = found
  if (found.length !== 1 || property?.type !== 'Property' || property.computed || property.kind !== 'init')
    return null
  return definitionOf(object.module, property.value, left - 1)
}

function exportedAs(module: WorldModule, name: string, left: number): Definition | null {
  return left <= 0 ? null : ofOrigin(originOf(module, name, 'before'), left - 1)
}

function ofOrigin(origin: Origin, left: number): Definition | null {
  if (origin.kind === 'namespace') return { kind: 'whole', module: origin.module }
  const model = origin.kind === 'variable' || origin.kind === 'commonjs' ? origin.module.before : null
  if (model === null) return null
  if (origin.kind === 'variable') {
    const variable = model.parsed.scope.set.get(origin.local)
    const [identifier] = variable?.identifiers ?? []
    return identifier
      ? definitionOf(origin.module, identifier as AnyNode, left)
      : ofDefault(origin.module, model, left)
  }
  if (origin.kind !== 'commonjs') return null
  const setting = model.units.filter(
    piece => piece.kind === 'unit' && piece.unit.exports.includes(origin.name),
  )
  const [unit] = setting
  const value = unit?.kind === 'unit' && setting.length === 1 ? initialiserOf(unit) : null
  return value && definitionOf(origin.module, value, left)
}

/** `export default () => …`. */
function ofDefault(module: WorldModule, model: Model, left: number): Definition | null {
  const statement = model.parsed.program.body.find(({ type }) => type === 'ExportDefaultDeclaration')
  return statement?.type === 'ExportDefaultDeclaration'
    ? definitionOf(module, statement.declaration as AnyNode, left)
    : null
}
