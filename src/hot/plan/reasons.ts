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
  const { kind, names } = unit.unit
  const [first] = names
  const named =
    kind === 'effect' || first === undefined ? undefined : kind === 'export' ? exportName(first) : first
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
