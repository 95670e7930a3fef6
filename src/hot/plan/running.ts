import type { UnitPiece } from '../diff/match.ts'
import type { Traces } from './leftovers.ts'
import type { Changing } from './repeats.ts'
import type { WorldModule } from './world.ts'

/** What is known of the running process. */
export interface Running extends Traces, Changing {
  /** Whether an export of a CommonJS module was defined such that it cannot be set. */
  isFixed(module: WorldModule, name: string): boolean
  /** Whether the module has said that it takes its own replacement in hand. */
  accepts(module: WorldModule): boolean
  /** Whether a unit has opened the server of an endpoint, which a peer can do once. */
  hasEndpoint(module: WorldModule, unit: UnitPiece): boolean
  /** Whether it is a function of the application. */
  isOwn(value: unknown): boolean
}
