import type { HotModule } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import type { Decision } from '../plan/decision.ts'
import { startOf, unitsOf } from '../plan/find-units.ts'
import { changedStatics } from '../plan/statics.ts'
import type { WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import type { DataChange } from './data.ts'

/** What becomes of a module, in the words of the user's own code. */
export function describeModule(module: WorldModule, decision: Decision, { gone }: BuiltWorld): HotModule {
  const { key, before, after, difference } = module
  const change = before === null ? 'new' : gone.has(key) ? 'removed' : 'changed'
  if (!before || !after) return { module: key, change, replaced: [], kept: [], evaluated: [] }
  const replaced = new Set<string>()
  for (const { unit } of [
    ...(difference?.functions ?? []),
    ...(difference?.constructors ?? []),
    ...(difference?.classes ?? []),
  ])
    for (const name of namesOf(unit, after)) replaced.add(name)
  const added = new Set(difference?.added)
  const evaluated = changedStatics(module).flatMap(({ unit, name, after: field }) =>
    field ? [`${namesOf(unit, after)[0]}.${name}`] : [],
  )
  const kept: string[] = []
  for (const unit of unitsOf(after)) {
    if (added.has(unit) || decision.affected.has(unit)) evaluated.push(...namesOf(unit, after))
    else if (unit.unit.kind === 'variable' && !isFunction(unit)) kept.push(...namesOf(unit, after))
  }
  return { module: key, change, replaced: [...replaced], kept, evaluated }
}

/** Of JSON, what is at its top. */
export const describeData = ({ key, names }: DataChange): HotModule => ({
  module: key,
  change: 'changed',
  replaced: [],
  kept: [],
  evaluated: names,
})

function namesOf(unit: UnitPiece, model: Model): string[] {
  const { kind, names } = unit.unit
  if (kind === 'effect') return [`line ${model.line(startOf(unit))}`]
  return names.map(name =>
    name === DEFAULT
      ? 'default'
      : kind === 'export'
        ? name === '*'
          ? 'module.exports'
          : `exports.${name}`
        : name,
  )
}

function isFunction({ unit }: UnitPiece): boolean {
  const { node } = unit
  const value = node.type === 'VariableDeclarator' ? node.init : node
  return value?.type === 'ArrowFunctionExpression' || value?.type === 'FunctionExpression'
}
