import type { UnitPiece } from '../diff/match.ts'
import type { StaticChange } from '../diff/statics.ts'
import type { Model, Piece } from '../model/model.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { Changes } from './changes.ts'
import type { Contents } from './contents.ts'
import type { Layer } from './layers.ts'
import type { Leftover, RanCode } from './leftovers.ts'
import type { Running } from './running.ts'
import type { FunctionRecord, VariableKey, WorldModule } from './world.ts'

/** What an upgrade can concern. */
export interface World {
  /** Those that differ. */
  modules: WorldModule[]
  /** What gets another value without a statement of its own: names in data, and exports that come from elsewhere. */
  values: { key: VariableKey; what: string }[]
  /** Functions in whose place others are called. */
  functions: { module: WorldModule; record: FunctionRecord; what: string }[]
  /** Modules that may read files of the release that are no code. */
  fileReaders: WorldModule[]
  /** A file of the release that differs, and that a piece of a module names; `null` where there is none. */
  changedFile(module: WorldModule, model: Model, piece: Piece): string | null
  importersOf(key: string): WorldModule[]
  modulesThatRan(record: FunctionRecord): WorldModule[]
  /** Functions that ran once the statement had ended in whose name that went on. */
  ranLaterIn(module: WorldModule, unit: UnitPiece): FunctionRecord[]
  /** Functions that ran later, it is not known in the name of which of the statements that wait. */
  ranLater: Set<FunctionRecord>
  /** Functions that ran when a unit was evaluated. */
  ranIn(module: WorldModule, unit: UnitPiece): FunctionRecord[]
  /** The code that ran when a unit was evaluated, without its own. */
  codeThatRan(module: WorldModule, unit: UnitPiece): RanCode[]
  /** What each statement has put into a variable that asks layers in order; `null` where that cannot be told. */
  layersOf(module: WorldModule, root: string): Map<UnitPiece, Layer[]> | null
  /** What is known of the running process. */
  known: Running
  /** What stays of a unit of the running text that is gone. */
  leftoverOf(module: WorldModule, unit: UnitPiece): Leftover | null
  /** Whether a unit's expression is one that takes its own changes in hand: the definition of a stateful process. */
  isProcess(module: WorldModule, unit: UnitPiece): boolean
  /** The statements that have given callbacks to `import.meta.hot.dispose`; `null` for one that is not known. */
  disposers(module: WorldModule): (UnitRun | null)[]
}

/** What is to be evaluated, and why. */
export interface Decision {
  changes: Changes
  /** What new statements put something into. */
  contents: Contents
  /** Static fields that are set anew. */
  statics: ChangedStatic[]
  /** Constructors that give more fields, which instances that live are given too. */
  completed: { record: FunctionRecord; names: string[] }[]
  /** What holds such instances, or has to do with them. */
  instances: Set<VariableKey>
  /** Why something is not as it was when this was decided, to be asked when it is done. */
  rechecks: (() => string | null)[]
  /** Statements that set properties of functions once more. */
  setAnew: Set<UnitPiece>
  /** Properties of functions that are set no more. */
  unset: Unset[]
  /** Variables whose layers change one by one. */
  relayered: Map<VariableKey, Relayered>
  /** Statements that are gone, and whose layers go. */
  unlayered: { module: WorldModule; unit: UnitPiece }[]
  /** Units of the new texts that are evaluated anew, with the reason. */
  affected: Map<UnitPiece, Affected>
  /** Statements that are gone, and of which something stays. */
  removed: { module: WorldModule; unit: UnitPiece; leftover: Leftover }[]
  /** Exports of CommonJS modules that are gone. */
  removedExports: { module: WorldModule; name: string }[]
  /** Modules whose callbacks of `import.meta.hot.dispose` are called. */
  disposed: Set<WorldModule>
}

export interface Affected {
  module: WorldModule
  why: string
  /** Whether its own text is another one, or only what it reads. */
  own: boolean
}

/** A static field of a class of a module's scope that is set anew, or gone. */
export interface ChangedStatic extends StaticChange {
  module: WorldModule
  unit: UnitPiece
  name: string
}

/** A property of a function that lives, which the new text does not set any more. */
export interface Unset {
  module: WorldModule
  root: string
  path: string[]
  name: string
}

/** A variable whose layers change one by one. */
export interface Relayered {
  module: WorldModule
  root: string
  /** What each statement of the running text has put there. */
  before: Map<UnitPiece, Layer[]>
}
