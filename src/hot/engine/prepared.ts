import type { HotRequest, UpgradePlan } from '../../rpc/hot-contracts.ts'
import type { Assembly } from '../apply/assembly.ts'
import type { Compiled } from '../apply/compile.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Decision } from '../plan/decision.ts'
import type { WorldModule } from '../plan/world.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { Asked } from './asked.ts'
import type { BuiltWorld } from './built-world.ts'
import type { DataValues } from './data.ts'
import type { ExportChange } from './export-changes.ts'
import type { GonePart } from './gone-parts.ts'
import type { Moved } from './moved.ts'
import type { Step } from './order.ts'
import type { Releases } from './packages.ts'
import type { Redefined } from './processes.ts'

/** All that an upgrade consists of, before any of it is done. */
export interface Prepared {
  request: HotRequest
  plan: UpgradePlan
  built: BuiltWorld
  decision: Decision
  /** Who is imported comes first. */
  order: WorldModule[]
  /** What is evaluated, in order. */
  steps: Step[]
  /** What the new texts do not have any more. */
  gone: GonePart[]
  /** What of them is evaluated anew. */
  evaluated: Map<WorldModule, UnitPiece[]>
  assemblies: Map<WorldModule, Assembly>
  compiled: Map<WorldModule, Compiled>
  /** Names of the stateful processes that get another definition. */
  changing: string[]
  /** What defines them anew. */
  redefined: Redefined[]
  /** ES modules whose exports change. */
  exports: Map<WorldModule, ExportChange>
  moved: Moved
  /** What modules have of the JSON files that differ. */
  values: DataValues
  releases: Releases
  /** What begins again when it is undone, of modules whose callbacks of `import.meta.hot.dispose` are called. */
  again: Map<WorldModule, Again>
  /** What modules take in hand with `import.meta.hot.accept`, before anything is said anew. */
  taken: Map<WorldModule, Set<WorldModule>>
  /** Those of the modules that the synchronous step has to ask. */
  asked: Asked
}

/** An old statement of a module whose callbacks of `dispose` are called. */
export interface OldUnit {
  unit: UnitPiece
  run: UnitRun | null
  /** What it has open before anything is ended. */
  open: UnitRun['opened']
  /** What is ended for certain; of the others that shows afterwards. */
  ended: boolean
  /** Whether it runs anew in the upgrade, or is gone. */
  replaced: boolean
}

/** What has to begin again when an upgrade is undone, compiled from the texts that run now. */
export interface Again {
  units: OldUnit[]
  compiled: Compiled
}
