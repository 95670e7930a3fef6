import type { Journal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Relayered } from '../plan/decision.ts'
import { beforeOf, unitsOf } from '../plan/find-units.ts'
import { type Layer, type Layered, layeredIn } from '../plan/layers.ts'
import { rememberLayers } from '../plan/layers-of.ts'
import type { WorldModule } from '../plan/world.ts'
import type { Prepared } from './prepared.ts'
import { valueIn } from './running.ts'

/** Follows what statements put into variables whose layers change one by one, and puts it where the statements stand. */
export interface Relayering {
  /** Runs what evaluates a unit. */
  evaluating(module: WorldModule, unit: UnitPiece, evaluate: () => void): void
  /** When all is evaluated. */
  arrange(): void
}

interface Changing extends Relayered {
  layered: Layered
  made: Map<UnitPiece, Layer[]>
}

/** Requests in progress go on with the list that they have: it is not touched. */
export function relayering({ decision, built }: Prepared, journal: Journal): Relayering {
  const changing = [...decision.relayered].flatMap(([key, each]): Changing[] => {
    const state = built.stateOf(each.module)
    const layered = decision.changes.values.has(key) || !state ? null : layeredIn(valueIn(state, each.root))
    return layered ? [{ ...each, layered, made: new Map() }] : []
  })
  const now = ({ module, root }: Relayered): Layered => {
    const state = built.stateOf(module)
    const layered = state && layeredIn(valueIn(state, root))
    if (!layered) throw new Error(`\`${root}\` of ${module.key} has no layers any more`)
    return layered
  }
  for (const { layered } of changing) {
    const { layers, set } = layered
    journal.record(() => set(layers))
    set([...layers])
  }
  return {
    evaluating(module, unit, evaluate) {
      const own = changing.filter(each => each.module === module)
      const before = own.map(each => now(each).layers.length)
      evaluate()
      for (const [index, each] of own.entries()) {
        each.made.set(unit, now(each).layers.slice(before[index]))
      }
    },
    arrange() {
      for (const each of changing) {
        now(each).set(arranged(each, now(each).layers))
        if (each.module.after) rememberLayers(each.module.after, each.root, placesOf(each))
      }
    },
  }
}

/** What each statement of the new text has put there. */
function placesOf({
  module,
  before,
  made,
}: Pick<Changing, 'module' | 'before' | 'made'>): Map<UnitPiece, Layer[]> {
  return new Map(
    unitsOf(module.after).map(unit => [unit, made.get(unit) ?? before.get(beforeOf(module, unit)) ?? []]),
  )
}

function arranged({ module, before, made }: Changing, layers: Layer[]): Layer[] {
  const was = new Set([...before.values()].flat())
  const placed = [...placesOf({ module, before, made }).values()].flat()
  const known = new Set([...placed, ...was])
  const others = layers.filter(layer => !known.has(layer))
  const isFirst = (layer: Layer) => layers.indexOf(layer) < layers.findIndex(each => known.has(each))
  // What Express begins with stays in front; what functions have added meanwhile comes last.
  return [...others.filter(isFirst), ...placed, ...others.filter(layer => !isFirst(layer))]
}
