import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { startOf } from './find-units.ts'
import { exportName } from './holders.ts'
import type { WorldModule } from './world.ts'

/** A reason that names a unit: the variable, or else the line. */
export function reasonFor(
  module: WorldModule,
  model: Model | null,
  unit: UnitPiece,
  message: string,
  remedy: string,
): HotReason {
  const line = model?.line(startOf(unit)) ?? null
  const named = nameOf(unit)
  const subject =
    named === undefined ? 'this statement' : named === '*default*' ? 'the default export' : `\`${named}\``
  return {
    module: module.key,
    line,
    message: message.startsWith('`') ? message : `${subject} ${message}`,
    remedy,
    allow: `${module.key}:${named ?? line}`,
  }
}

/** What to give in `allow` for a unit. */
export const placeOf = ({ key }: Pick<WorldModule, 'key'>, model: Model, unit: UnitPiece): string =>
  `${key}:${nameOf(unit) ?? model.line(startOf(unit))}`

/** What a unit declares or sets, as it is written; `undefined` for any other. */
export function nameOf({ unit: { kind, names } }: UnitPiece): string | undefined {
  const [first] = names
  if (kind === 'effect' || first === undefined) return undefined
  return kind === 'export' ? exportName(first) : first
}
