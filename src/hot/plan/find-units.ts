import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import { builds, exportRoot } from './slices.ts'
import type { WorldModule } from './world.ts'

/** The top-level statements of a text, each declared name for itself. */
export const unitsOf = (model: Model | null): UnitPiece[] =>
  (model?.units ?? []).filter(piece => piece.kind === 'unit')

export const startOf = (piece: Piece): number => piece.ranges[0]?.start ?? 0

/** Whether a unit of the new text has none in the old one that it comes from. */
export const isNew = ({ difference }: WorldModule, unit: UnitPiece) =>
  difference?.added.includes(unit) ?? false

/** The same unit in the old text. */
export function beforeOf({ difference }: WorldModule, unit: UnitPiece): UnitPiece {
  const before = difference?.origin.get(unit)
  return before?.kind === 'unit' ? before : unit
}

/** Whether the statement that was evaluated in a run is gone from the new text. */
export function isGone(module: WorldModule, by: UnitRun | null): boolean {
  return by !== null && (module.difference?.removed.some(unit => module.runOf(unit) === by) ?? false)
}

/** The slot that a function had in the old text. */
export function slotBefore({ difference }: WorldModule, piece: Piece): number | null {
  const before = difference === null ? piece : difference.origin.get(piece)
  return before?.kind === 'function' || before?.kind === 'constructor' ? before.code.slot : null
}

/** The statements that build a variable up. */
export function buildersOf(module: WorldModule, name: string): UnitPiece[] {
  const { after } = module
  return after === null ? [] : unitsOf(after).filter(unit => builds(unit, after) === name)
}

/** The statement that declares a variable, or an export; `null` where the text has none. */
export function declarationOf(model: Model, name: string): UnitPiece | null {
  const isDeclared = ({ unit }: UnitPiece) =>
    (unit.kind === 'variable' && unit.names.includes(name)) ||
    unit.exports.some(exported => exportRoot(exported) === name)
  return unitsOf(model).find(isDeclared) ?? null
}
