import type { CallExpression } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { definitionsIn, optionOf, textOf } from '../model/definitions.ts'
import type { Model } from '../model/model.ts'
import { declarationOf, unitsOf } from '../plan/find-units.ts'
import { initialiserOf } from '../plan/slices.ts'
import { originOfRequest, type WorldModule } from '../plan/world.ts'

/** The version that a process gets which a unit defines; `null` where only its evaluation tells. */
export function newVersionOf(module: WorldModule, { unit }: UnitPiece): string | null {
  const { after } = module
  if (after === null) return null
  const call = callIn(unit.node)
  if (call === null) return null
  const own = definitionsIn(after).find(({ node }) => node === call)
  const given = optionOf(call, 'version')
  if (own || given) return textOf(given) ?? constantIn(module, given)
  return versionInFactory(module, after, call)
}

function callIn(node: UnitPiece['unit']['node']): CallExpression | null {
  const value =
    node.type === 'VariableDeclarator'
      ? node.init
      : node.type === 'ExpressionStatement' && node.expression.type === 'AssignmentExpression'
        ? node.expression.right
        : node
  return value?.type === 'CallExpression' ? value : null
}

/** What a variable is declared with that a module has, or imports. */
function constantIn(module: WorldModule, node: ReturnType<typeof optionOf>): string | null {
  if (node?.type !== 'Identifier' || module.after === null) return null
  const imported = module.after.imports.get(node.name)
  const origin = imported
    ? originOfRequest(module, imported.request, imported.name)
    : ({ kind: 'variable', module, local: node.name } as const)
  if (origin.kind !== 'variable' || origin.module.after === null) return null
  const declaration = declarationOf(origin.module.after, origin.local)
  return declaration && textOf(initialiserOf(declaration))
}

/** Of `export const counter = makeCounter('2')`: written down where that function defines it, or among what it is given. */
function versionInFactory(module: WorldModule, model: Model, call: CallExpression): string | null {
  if (call.callee.type !== 'Identifier') return null
  const factory = functionOf(module, model, call.callee.name)
  const inside = factory?.model
    ? definitionsIn(factory.model).filter(
        ({ node }) => node.start >= factory.start && node.end <= factory.end,
      )
    : []
  const [definition, another] = inside
  if (!factory || !definition || another) return null
  if (definition.version !== null) return definition.version
  const { versionFrom } = definition
  if (versionFrom?.type !== 'Identifier') return null
  const parameter = factory.parameters.indexOf(versionFrom.name)
  const argument = call.arguments[parameter]
  return parameter === -1 ? constantIn(factory.module, versionFrom) : textOf(argument)
}

interface Factory {
  module: WorldModule
  model: Model
  start: number
  end: number
  parameters: string[]
}

/** A function that a module declares or imports. */
function functionOf(module: WorldModule, model: Model, name: string): Factory | null {
  const imported = model.imports.get(name)
  if (imported) {
    const origin = originOfRequest(module, imported.request, imported.name)
    const there = origin.kind === 'variable' ? origin.module.after : null
    return origin.kind === 'variable' && there ? functionOf(origin.module, there, origin.local) : null
  }
  const unit = unitsOf(model).find(({ unit: { names } }) => names.includes(name))
  const code = unit?.children.find(child => child.kind === 'function')?.code
  if (code?.kind !== 'function') return null
  const { start, end, params } = code.node
  const parameters = params.map(param => (param.type === 'Identifier' ? param.name : ''))
  return { module, model, start, end, parameters }
}
