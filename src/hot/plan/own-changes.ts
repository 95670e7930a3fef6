import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { isAboutHot } from './about-hot.ts'
import { onlyAddedFields } from './added-fields.ts'
import { affect, affectAlone, affectVariable, changeExports } from './affect.ts'
import { changeFunction } from './changes.ts'
import { noteFilled } from './contents.ts'
import type { Decision, World } from './decision.ts'
import { beforeOf, buildersOf, declarationOf, isNew, slotBefore, startOf, unitsOf } from './find-units.ts'
import { addLayers, relayer } from './layer-changes.ts'
import { isPrinted, onlyPrints, printsOtherwise } from './prints.ts'
import { readsOf } from './reads.ts'
import { addProperty, removeProperty } from './set-properties.ts'
import { builds, constantOf, initialiserOf, runnableIn } from './slices.ts'
import { exportKey, type WorldModule } from './world.ts'

/** What changes in a module itself: its statements and functions that differ, those that are new, and those that are gone. */
export function takeDifference(world: World, module: WorldModule, decision: Decision): void {
  const { difference } = module
  const { changes } = decision
  if (difference === null) {
    if (module.after === null) for (const unit of unitsOf(module.before)) leave(world, module, unit, decision)
    return
  }
  for (const { before, after } of [...difference.functions, ...difference.constructors]) {
    const added =
      before.kind === 'constructor' && after.kind === 'constructor'
        ? onlyAddedFields(difference, before, after)
        : null
    if (added !== null && before.kind === 'constructor') {
      const record = module.recordOf(before.code.slot)
      decision.completed.push({ record, names: added.map(({ name }) => name) })
      continue
    }
    if (printsOtherwise(difference.before, before, difference.after, after)) continue
    if (before.kind === 'function' || before.kind === 'constructor')
      changeFunction(
        changes,
        module,
        module.recordOf(before.code.slot),
        `a function at ${module.key}:${difference.before.line(startOf(before))}`,
      )
  }
  for (const { before, after } of difference.units) {
    if (world.isProcess(module, after)) affectAlone(after, module, 'its definition changed', decision)
    else if (after.unit.kind !== 'effect' && sameConstant(before, after)) continue
    else affect(module, difference.after, after, 'it changed itself', true, decision)
  }
  for (const unit of difference.added)
    if (unit.unit.kind === 'effect' && !isAboutHot(unit, difference.after))
      addEffect(world, module, difference.after, unit, decision)
  for (const unit of difference.removed) remove(world, module, difference.before, unit, decision)
  for (const unit of difference.added) changeExports(module, difference.after, unit, decision)
  removeExports(module, difference, decision)
}

/** What is exported now and was not, and the other way round, has another value for whoever reads it. */
function removeExports(
  module: WorldModule,
  { before, after }: { before: Model; after: Model },
  decision: Decision,
): void {
  const exportsOf = (model: Model) => new Set(unitsOf(model).flatMap(({ unit }) => unit.exports))
  const now = exportsOf(after)
  for (const unit of unitsOf(before)) {
    const gone = unit.unit.exports.filter(name => !now.has(name))
    for (const name of gone) {
      decision.removedExports.push({ module, name })
      decision.changes.values.set(exportKey(module, name), `${name}, which ${module.key} exports no more`)
    }
  }
}

/** What read a file that has changed would give something else. */
export function takeFiles(world: World, module: WorldModule, decision: Decision): void {
  const { after } = module
  if (module.before === null || after === null) return
  for (const unit of unitsOf(after)) {
    for (const piece of runnableIn(unit)) {
      const file = world.changedFile(module, after, piece)
      const slot = file === null ? null : slotBefore(module, piece)
      if (slot !== null)
        changeFunction(
          decision.changes,
          module,
          module.recordOf(slot),
          `a function at ${module.key}:${after.line(startOf(piece))}, which reads ${file}`,
        )
    }
    if (isNew(module, unit) || world.isProcess(module, unit)) continue
    const file = unit.unit.kind === 'definition' ? null : world.changedFile(module, after, unit)
    if (file !== null) affect(module, after, unit, `it reads ${file}, which changed`, true, decision)
  }
}

function sameConstant(before: UnitPiece, after: UnitPiece): boolean {
  const one = constantOf(initialiserOf(before))
  const other = constantOf(initialiserOf(after))
  return one !== undefined && other !== undefined && one.value === other.value
}

/** A new statement runs once; one that is not the last to build something up has it built up anew, in order. */
function addEffect(
  world: World,
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  decision: Decision,
): void {
  if (addLayers(world, module, model, unit, decision)) return
  if (addProperty(world, module, unit, decision)) return
  const roots = [...builtBy(unit, model)].filter(root => isBuiltLater(module, unit, root))
  const why = `what builds it up changed at line ${model.line(startOf(unit))}`
  for (const root of roots) affectVariable(module, model, root, why, decision)
  if (roots.length === 0) noteFilled(module, model, unit, world.known, decision.contents)
}

/** What a statement builds up, or may: under a condition, say, or by giving it to somebody. */
function builtBy(unit: UnitPiece, model: Model): Set<string> {
  const root = builds(unit, model)
  if (root !== null) return new Set([root])
  return new Set(
    readsOf(model, unit).flatMap(read => {
      if (read.of !== 'variable' || isPrinted(model, read.offset)) return []
      const isWhole = read.path.length === 0
      const writes = isWhole ? read.end === 'read' : read.end === 'called' || read.end === 'assigned'
      return writes ? [read.name] : []
    }),
  )
}

function isBuiltLater(module: WorldModule, unit: UnitPiece, root: string): boolean {
  return buildersOf(module, root).some(
    other =>
      startOf(other) > startOf(unit) &&
      !isNew(module, other) &&
      (module.runOf(beforeOf(module, other))?.opened.length ?? 0) === 0,
  )
}

/** What built something up that is still there has it built up anew, without; of anything else nothing may stay. */
function remove(world: World, module: WorldModule, model: Model, unit: UnitPiece, decision: Decision): void {
  const root = isAboutHot(unit, model) ? null : builds(unit, model)
  if (relayer(world, module, unit, root, decision)) {
    decision.unlayered.push({ module, unit })
    return
  }
  if (module.after && removeProperty(world, module, unit, decision)) return
  const after = module.after
  const declaration = root === null || after === null ? null : declarationOf(after, root)
  if (root !== null && after && declaration)
    affectVariable(
      module,
      after,
      root,
      `what built it up is gone (line ${model.line(startOf(unit))})`,
      decision,
    )
  else leave(world, module, unit, decision)
}

function leave(world: World, module: WorldModule, unit: UnitPiece, { removed }: Decision): void {
  if (module.before && onlyPrints(module.before, unit)) return
  const leftover = world.isProcess(module, unit) ? null : world.leftoverOf(module, unit)
  if (leftover !== null) removed.push({ module, unit, leftover })
}
