import type { Compiled } from '../apply/compile.ts'
import type { Journal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import { beforeOf } from '../plan/find-units.ts'
import type { ClassRecord, FunctionRecord, WorldModule } from '../plan/world.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { Context } from './context.ts'
import type { Next } from './living.ts'
import { classesOf, classIn, recordIn, recordsOf } from './records.ts'

/** The module is what its new text says: from now on that is what the next upgrade is compared with. */
export function become(
  module: WorldModule,
  compiled: Compiled,
  runs: Map<UnitPiece, UnitRun>,
  { living, registry }: Context,
  journal: Journal,
): void {
  const { state } = compiled
  const { patched } = registry
  const records = recordsOf(module, compiled, journal)
  const classes = classesOf(module, compiled, journal)
  for (const { id, patch, write, sourceUrl, edited } of compiled.patches) {
    const former = patched.get(sourceUrl)
    journal.record(() => void (former ? patched.set(sourceUrl, former) : patched.delete(sourceUrl)))
    patched.set(sourceUrl, edited)
    const own = new Map(patch.codes.map(({ slot }) => [slot, recordIn(records, slot)]))
    living.addPatch({ id, write, records: own, sourceUrl, edited })
  }
  const before = state.become(nextOf(compiled, { records, classes }, carryRuns(module, state.runOf, runs)))
  journal.record(() => void state.become(before))
}

interface Slots {
  records: Map<number, FunctionRecord>
  classes: Map<number, ClassRecord>
}

/** In a function of its own: a closure holds all that any closure beside it uses, and with it all that the module has ever been. */
function nextOf(
  { model, annexNames, rebound, state: { generation } }: Compiled,
  { records, classes }: Slots,
  runs: Next['runs'],
): Next {
  return {
    text: () => model.text,
    bytes: null,
    current: () => model,
    records: slot => recordIn(records, slot),
    classes: slot => classIn(classes, slot),
    runs,
    annexNames,
    rebound,
    generation: generation + 1,
  }
}

/** What ran at a unit's last evaluation, which may be this upgrade's. */
function carryRuns(
  module: WorldModule,
  before: (unit: UnitPiece) => UnitRun | null,
  runs: Map<UnitPiece, UnitRun>,
): Next['runs'] {
  const carried = new Map<UnitPiece, UnitRun | null>()
  for (const piece of module.after?.units ?? [])
    if (piece.kind === 'unit') carried.set(piece, before(beforeOf(module, piece)))
  return unit => runs.get(unit) ?? carried.get(unit) ?? null
}
