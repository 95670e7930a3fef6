import type { UnitPiece } from '../diff/match.ts'
import { WHOLE } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { Decision } from './decision.ts'
import { declarationOf, startOf, unitsOf } from './find-units.ts'
import { namesTakenFrom } from './taken-names.ts'
import { exportKey, keyFor, type VariableKey, type WorldModule } from './world.ts'

/** A unit is evaluated anew: what it declares, and what it exports, gets another value. */
export function affect(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  why: string,
  own: boolean,
  decision: Decision,
): void {
  affectAlone(unit, module, why, decision)
  const { kind, names } = unit.unit
  const { values } = decision.changes
  const set = (key: VariableKey, name: string) => {
    if (!values.has(key)) values.set(key, `${name} (${module.key}:${model.line(startOf(unit))})`)
  }
  // A function in place of a variable is the value of it.
  if (kind === 'variable' || kind === 'definition') {
    const only = namesTakenFrom(module, model, unit, decision.changes)
    for (const name of only ?? names) set(keyFor(module, name), name)
    const affected = decision.affected.get(unit)
    if (affected && !own) affected.own = false
  }
  changeExports(module, model, unit, decision)
  for (const other of unitsOf(model)) if (isSetAfter(unit, other)) affectAlone(other, module, why, decision)
}

/** A unit is evaluated anew, and who reads what it declares sees no change. */
export function affectAlone(unit: UnitPiece, module: WorldModule, why: string, { affected }: Decision): void {
  if (!affected.has(unit)) affected.set(unit, { module, why, own: true })
}

/** What declares a variable is evaluated anew. */
export function affectVariable(
  module: WorldModule,
  model: Model,
  name: string,
  why: string,
  decision: Decision,
): void {
  const declaration = declarationOf(model, name)
  if (declaration) affect(module, model, declaration, why, true, decision)
}

/** What a unit exports has another value for whoever reads it. */
export function changeExports(
  module: WorldModule,
  model: Model,
  { unit }: UnitPiece,
  { changes }: Decision,
): void {
  const { values } = changes
  for (const name of unit.exports) {
    const what = `${name === WHOLE ? 'module.exports' : name} (${module.key}:${model.line(unit.node.start)})`
    for (const key of name === WHOLE ? [WHOLE, 'default'] : [name])
      if (!values.has(exportKey(module, key))) values.set(exportKey(module, key), what)
  }
}

/** Whether a unit sets the same export once more, or one of what another has set `module.exports` to. */
function isSetAfter({ unit }: UnitPiece, { unit: other }: UnitPiece): boolean {
  if (other === unit || unit.exports.length === 0 || other.kind !== 'export') return false
  if (unit.exports.includes(WHOLE)) return other.node.start > unit.node.start
  return other.exports.some(name => unit.exports.includes(name))
}
