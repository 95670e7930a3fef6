import type { UnitPiece } from '../diff/match.ts'
import { buildersOf, startOf } from '../plan/find-units.ts'
import type { WorldModule } from '../plan/world.ts'
import type { LivingState } from './living.ts'
import type { Prepared } from './prepared.ts'
import { valueIn } from './running.ts'

/**
 * What is built up anew has to begin with another object: what its statements did would be done twice to one that somebody else keeps.
 *
 * @returns to be called when the unit has been evaluated; throws where its variable holds what it held before.
 */
export function sameObjects(
  module: WorldModule,
  unit: UnitPiece,
  state: LivingState,
  { evaluated }: Prepared,
): () => void {
  if (unit.unit.kind !== 'variable' || state.loaded.wishes.acceptances.length > 0) return () => undefined
  const added = new Set(module.difference?.added)
  const again = (name: string) =>
    buildersOf(module, name).find(
      builder => !added.has(builder) && (evaluated.get(module) ?? []).includes(builder),
    )
  const held = unit.unit.names.flatMap(name => {
    const builder = added.has(unit) ? undefined : again(name)
    return builder ? [{ name, builder, before: valueIn(state, name) }] : []
  })
  return () => {
    for (const { name, builder, before } of held) {
      const isObject = (typeof before === 'object' && before !== null) || typeof before === 'function'
      if (isObject && valueIn(state, name) === before)
        throw new Error(
          `${module.key}:${module.after?.line(startOf(builder))}: this would be done once more to the object that \`${name}\` has held before. Use \`upgrade()\``,
        )
    }
  }
}
