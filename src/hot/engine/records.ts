import type { Compiled } from '../apply/compile.ts'
import type { Journal } from '../apply/undo.ts'
import { type Model, type Piece, unfollowedIn } from '../model/model.ts'
import type { ClassRecord, FunctionRecord, WorldModule } from '../plan/world.ts'
import { classTextOf, targetOf } from './targets.ts'

export function recordIn(records: Map<number, FunctionRecord>, slot: number): FunctionRecord {
  let record = records.get(slot)
  if (!record) {
    record = { targets: [] }
    records.set(slot, record)
  }
  return record
}

/** Each function of the new text: what it was before, and where its new text asks for its successor. */
export function recordsOf(
  module: WorldModule,
  compiled: Compiled,
  journal: Journal,
): Map<number, FunctionRecord> {
  const records = new Map<number, FunctionRecord>()
  const { model, patches } = compiled
  const origin = module.difference?.origin
  const step = (piece: Piece) => {
    const before = origin ? origin.get(piece) : piece
    if (piece.kind === 'function' || piece.kind === 'constructor') {
      if (before?.kind === 'function' || before?.kind === 'constructor')
        records.set(piece.code.slot, module.recordOf(before.code.slot))
    }
    if (before?.shell === piece.shell) carryUnfollowed(module, before, model, piece, records)
    piece.children.forEach(step)
  }
  model.units.forEach(step)
  for (const { patch, write } of patches) {
    for (const { slot } of patch.codes) {
      const record = recordIn(records, slot)
      const target = targetOf(slot, write, model, patch.marker)
      // Those that nobody can call any more go when the function is compiled anew.
      record.targets = [...record.targets.filter(known => known.write() !== null), target]
      journal.record(() => {
        record.targets = record.targets.filter(known => known !== target)
      })
    }
  }
  return records
}

/** What never asks for a successor is the same where all around it is. */
function carryUnfollowed(
  module: WorldModule,
  before: Piece,
  model: Model,
  after: Piece,
  records: Map<number, FunctionRecord>,
): void {
  const old = unfollowedIn(module.before ?? model, before)
  for (const [index, { slot }] of unfollowedIn(model, after).entries()) {
    const same = old[index]
    if (same) records.set(slot, module.recordOf(same.slot))
  }
}

export function classIn(classes: Map<number, ClassRecord>, slot: number): ClassRecord {
  const record = classes.get(slot) ?? { texts: [] }
  classes.set(slot, record)
  return record
}

/** The same for classes. One that a patch makes for its constructor alone is none. */
export function classesOf(
  module: WorldModule,
  { model, patches }: Compiled,
  journal: Journal,
): Map<number, ClassRecord> {
  const classes = new Map<number, ClassRecord>()
  const origin = module.difference?.origin
  const step = (piece: Piece) => {
    const before = origin ? origin.get(piece) : piece
    if (piece.kind === 'class' && before?.kind === 'class')
      classes.set(piece.code.slot, module.classOf(before.code.slot))
    piece.children.forEach(step)
  }
  model.units.forEach(step)
  for (const each of patches) {
    for (const slot of each.patch.classes) {
      const record = classIn(classes, slot)
      const text = classTextOf(slot, each)
      record.texts = [...record.texts.filter(known => known.isLiving()), text]
      journal.record(() => {
        record.texts = record.texts.filter(known => known !== text)
      })
    }
  }
  return classes
}
