import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { partsOf } from './as-declared.ts'
import { unitsOf } from './find-units.ts'
import type { Known } from './how-kept.ts'
import { callIn, expectedOf, isUseOf, shapesIn, touches, type ValueOf } from './layer-statements.ts'
import { type Layer, layeredIn, madeByStatements } from './layers.ts'
import { heldBy } from './live-state.ts'
import { readsInside } from './reads.ts'
import type { Running } from './running.ts'
import type { WorldModule } from './world.ts'

/** A layer of a statement. */
interface Expected {
  unit: UnitPiece
  fits(layer: Layer): boolean
  /** Whether there may be any number of them. */
  many: boolean
}

type Attribution = Map<UnitPiece, Layer[]>

/** What upgrades have put where: known for certain, until the text is another one. */
const arrangedByModel = new WeakMap<Model, Map<string, Attribution>>()

export function rememberLayers(model: Model, root: string, attribution: Attribution): void {
  const arranged = arrangedByModel.get(model) ?? new Map<string, Attribution>()
  arrangedByModel.set(model, arranged.set(root, attribution))
}

/**
 * What each statement of the running text has put into a variable; `null` where there is more than one way to tell, or none: a layer may come from
 * somewhere else.
 */
export function layersOf(
  module: WorldModule,
  model: Model,
  root: string,
  running: Running,
): Attribution | null {
  const expected = expectedIn(module, model, root, running)
  // One without any may have no router yet, and asking for it would make it.
  if (expected.every(({ many }) => many)) return null
  const layered = layeredIn(running.value(module, root))
  if (layered === null) return null
  const layers = madeByStatements(layered)
  const known = arrangedByModel.get(model)?.get(root)
  const arranged = known && [...known.values()].flat()
  const isAsArranged =
    arranged?.length === layers.length && arranged.every((layer, index) => layer === layers[index])
  return known && isAsArranged ? known : align(expected, layers)
}

function expectedIn(module: WorldModule, model: Model, root: string, running: Running): Expected[] {
  const worthOf: ValueOf = node => valueIn(module, node, running)
  return unitsOf(model).flatMap((unit): Expected[] => {
    const call = callIn(unit)
    const each = call?.root === root ? expectedOf(call, worthOf) : null
    if (each) return each.map(fits => ({ unit, fits, many: false }))
    if (isUsedBy(module, unit, root, running)) return [{ unit, fits: () => true, many: true }]
    const fits = shapesIn(model, unit, root) ?? (() => true)
    return touches(model, unit, root) ? [{ unit, fits, many: true }] : []
  })
}

/** Whether functions of the module that ran for a statement use the variable. */
function isUsedBy(module: WorldModule, unit: UnitPiece, root: string, { codeThatRan }: Running): boolean {
  return codeThatRan(module, unit).some(
    ran => ran.module === module && readsInside(ran.model, ran.node).some(read => isUseOf(read, root)),
  )
}

/** Of more than so many nothing is said. */
const MANY = 2_000

/** Each layer to one that is expected, in order, if there is exactly one way. */
function align(expected: Expected[], layers: Layer[]): Attribution | null {
  if (expected.length * layers.length > MANY * MANY) return null
  // How many ways there are from here on; of more than one it does not matter how many.
  const ways = expected.map(() => new Uint8Array(layers.length + 1))
  ways.push(new Uint8Array(layers.length + 1))
  const at = (index: number, layer: number) => ways[index]?.[layer] ?? 0
  for (let index = expected.length; index >= 0; index -= 1) {
    const row = ways[index]
    for (let layer = layers.length; row && layer >= 0; layer -= 1) {
      const [found, each] = [layers[layer], expected[index]]
      const fits = found !== undefined && each?.fits(found)
      if (each === undefined) row[layer] = layer === layers.length ? 1 : 0
      else if (each.many) row[layer] = Math.min(2, at(index + 1, layer) + (fits ? at(index, layer + 1) : 0))
      else row[layer] = fits ? at(index + 1, layer + 1) : 0
    }
  }
  if (at(0, 0) !== 1) return null
  const made = new Map<UnitPiece, Layer[]>()
  for (let index = 0, layer = 0; index < expected.length; ) {
    const [each, found] = [expected[index], layers[layer]]
    const takes = found !== undefined && (!each?.many || (each.fits(found) && at(index, layer + 1) > 0))
    if (each && takes) made.set(each.unit, [...(made.get(each.unit) ?? []), found])
    if (takes) layer += 1
    if (!each?.many || !takes) index += 1
  }
  return made
}

function valueIn(module: WorldModule, node: AnyNode, known: Known): { value: unknown } | null {
  const path: string[] = []
  let object = node
  while (object.type === 'MemberExpression' && !object.computed && object.property.type === 'Identifier') {
    path.unshift(object.property.name)
    object = object.object
  }
  if (object.type !== 'Identifier' || !module.before?.parsed.scope.set.has(object.name)) return null
  const [part, ...more] = partsOf(heldBy(module, object.name, known), path) ?? []
  return part === undefined || more.length > 0 ? null : { value: part }
}
