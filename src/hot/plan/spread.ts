import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import { affect, affectAlone, affectVariable, changeExports } from './affect.ts'
import { type Changes, changedRead, changeFunction, evaluatedIn, isAccepted } from './changes.ts'
import { filledRead, passFilled } from './contents.ts'
import type { Decision, World } from './decision.ts'
import { beforeOf, buildersOf, isNew, slotBefore, startOf, unitsOf } from './find-units.ts'
import { sawInstances } from './instances.ts'
import { relayer } from './layer-changes.ts'
import { onlyPrints } from './prints.ts'
import { readsInside, readsOf } from './reads.ts'
import { onlyRequires } from './requires.ts'
import { setsAnew } from './set-properties.ts'
import { builds, runnableIn } from './slices.ts'
import { staticAsked } from './statics.ts'
import { exportsOtherNames, type FunctionRecord, type WorldModule } from './world.ts'

/** One round through a module: what reads something that has changed is affected itself. */
export function spread(world: World, module: WorldModule, model: Model, decision: Decision): void {
  const { changes, affected } = decision
  for (const unit of unitsOf(model)) {
    for (const piece of runnableIn(unit)) noteTouched(module, model, piece, decision)
    if (isNew(module, unit) || onlyPrints(model, unit)) continue
    const known = affected.get(unit)
    if (known?.own) continue
    const { exporting } = unit.unit
    if (exporting?.how === 'passed-on') {
      passOn(module, unit, exporting.request, decision)
      continue
    }
    if (exporting?.how === 'described') describeAnew(module, model, unit, decision)
    const why = changedRead(changes, module, model, unit)
    const because =
      why === null
        ? (ranChanged(world, module, unit, changes) ??
          sawLess(world, module, model, unit, decision) ??
          askedStatic(world, module, model, unit, decision) ??
          sawInstances(world, module, model, unit, decision))
        : `it reads ${why}`
    if (because === null) continue
    // Its handle stays: who reads that sees no change.
    if (world.isProcess(module, unit)) affectAlone(unit, module, because, decision)
    else affect(module, model, unit, known?.why ?? because, false, decision)
    // What it builds up would be something else from the beginning.
    const root = builds(unit, model)
    if (relayer(world, module, unit, root, decision)) continue
    if (setsAnew(world, module, unit, decision)) {
      decision.setAnew.add(unit)
      continue
    }
    if (root !== null && buildersOf(module, root).every(each => opensNothing(module, each)))
      affectVariable(module, model, root, because, decision)
  }
}

/** What looked at something into which a new statement puts more. */
function sawLess(
  world: World,
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  { contents }: Decision,
): string | null {
  if (contents.size === 0) return null
  const own = { module, model, reads: evaluatedIn(unit).flatMap(piece => readsOf(model, piece)) }
  const ran = world.codeThatRan(module, beforeOf(module, unit)).map(({ node, ...of }) => ({
    ...of,
    reads: readsInside(of.model, node),
  }))
  const what = filledRead(contents, module, unit, [own, ...ran], world.known)
  return what === null || passFilled(module, unit, what, contents) ? null : `it reads ${what}`
}

function askedStatic(
  world: World,
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  { statics }: Decision,
): string | null {
  const asked = staticAsked(world, statics, module, model, unit)
  return asked && `it may have asked for \`${asked.name}\` of \`${asked.unit.unit.names[0]}\``
}

const opensNothing = (module: WorldModule, unit: UnitPiece) =>
  (module.runOf(beforeOf(module, unit))?.opened.length ?? 0) === 0

/** What passes all exports of another module on has to be told of those that are new. */
function passOn(module: WorldModule, unit: UnitPiece, request: string, decision: Decision): void {
  const target = module.target(request)
  if (target && exportsOtherNames(target))
    affectAlone(unit, module, `'${request}' exports other names`, decision)
}

/** An export that is a getter has another value when the getter gives another one. */
function describeAnew(module: WorldModule, model: Model, unit: UnitPiece, decision: Decision): void {
  const { functions } = decision.changes
  const slots = runnableIn(unit).map(piece => slotBefore(module, piece))
  if (slots.some(slot => slot !== null && functions.has(module.recordOf(slot))))
    changeExports(module, model, unit, decision)
}

/** A function that reads what has changed gives something else when it runs. */
function noteTouched(module: WorldModule, model: Model, piece: Piece, { changes }: Decision): void {
  const slot = slotBefore(module, piece)
  if (slot === null) return
  const record = module.recordOf(slot)
  if (changes.functions.has(record)) return
  const why = changedRead(changes, module, model, piece)
  if (why !== null)
    changeFunction(
      changes,
      module,
      record,
      `a function at ${module.key}:${model.line(startOf(piece))}, which reads ${why}`,
    )
}

function ranChanged(
  world: World,
  module: WorldModule,
  unit: UnitPiece,
  { functions, owners }: Changes,
): string | null {
  // What is loaded is not loaded again.
  if (onlyRequires(unit)) return null
  const isFollowed = (record: FunctionRecord) =>
    functions.has(record) && !isAccepted(module, owners.get(record))
  const found = world.ranIn(module, unit).find(isFollowed)
  if (found) return `it ran ${functions.get(found)}`
  const foundLater = world.ranLaterIn(module, unit).find(isFollowed)
  if (foundLater) return `what goes on after its end ran ${functions.get(foundLater)}`
  if (!module.runOf(beforeOf(module, unit))?.waits) return null
  for (const record of world.ranLater) {
    const why = functions.get(record)
    if (why !== undefined && isFollowed(record))
      return `it, or another statement that goes on after its end, ran ${why}`
  }
  return null
}
