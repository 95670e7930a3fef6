import type { WorldModule } from '../plan/world.ts'
import type { DataChange } from './data.ts'
import type { LivingState } from './living.ts'

/** A text that is none. */
interface BrokenModule {
  key: string
  line: number | null
  message: string
}

/** The application before and after. */
export interface BuiltWorld {
  modules: Map<string, WorldModule>
  /** Those that differ, are new, or are gone. */
  changed: WorldModule[]
  broken: BrokenModule[]
  /** Those that are loaded and cannot be replaced, although they changed. */
  fixed: { key: string; why: string }[]
  /** JSON files that are loaded and differ. */
  data: DataChange[]
  /** What a module asks for in its new text; what one that is unchanged has asked for. */
  requestsOf(module: WorldModule): string[]
  /** Keys of modules that somebody asked for until now, and nobody does any more. */
  gone: Set<string>
  /** Those that were gone, and are asked for again. */
  returning: WorldModule[]
  stateOf(module: WorldModule): LivingState | null
  importersOf(key: string): WorldModule[]
}
