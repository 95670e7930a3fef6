import type { ObjectPattern } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { boundNames } from '../model/units.ts'
import { keysOf } from './accesses.ts'
import type { Changes } from './changes.ts'
import { beforeOf } from './find-units.ts'
import { readsOf } from './reads.ts'
import { onlyRequires } from './requires.ts'
import type { WorldModule } from './world.ts'

/** Of `const { a, b } = require('./c')`, those that are new or whose export has changed; `null` for any other declaration. */
export function namesTakenFrom(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  changes: Changes,
): string[] | null {
  const { node } = unit.unit
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || !onlyRequires(unit))
    return null
  const request = readsOf(model, unit).find(read => read.of === 'request')
  if (!request) return null
  const { unit: before } = beforeOf(module, unit)
  const known =
    before.node.type === 'VariableDeclarator' && before.node.id.type === 'ObjectPattern'
      ? before.node.id
      : null
  const taken = new Set(known?.properties.map(memberOf))
  return node.id.properties.flatMap(property => {
    const member = memberOf(property)
    const changed =
      !taken.has(member) ||
      keysOf(module, model, { ...request, path: [member] }).some(
        key => key.endsWith('*') || changes.values.has(key),
      )
    return changed ? boundNames(property.type === 'RestElement' ? property.argument : property.value) : []
  })
}

function memberOf(property: ObjectPattern['properties'][number]): string | null {
  if (property.type === 'RestElement' || property.computed || property.key.type !== 'Identifier') return null
  return property.key.name
}
