import type { ProcessTable } from '../../rpc/process-contracts.ts'
import type { Application } from '../runtime/application.ts'
import type { Heirs } from '../runtime/heirs.ts'
import type { Registry } from '../runtime/registry.ts'
import type { Startup } from '../runtime/startup.ts'
import type { LinkedFacades } from './linked-facades.ts'
import type { Living } from './living.ts'

/** What an upgrade is made of and for. */
export interface Context {
  application: Application
  registry: Registry
  startup: Startup
  heirs: Heirs
  living: Living
  linked: LinkedFacades
  /** The stateful processes of this process; `null` where none was ever defined. */
  processes(): ProcessTable | null
}
