import type { EndpointSpec } from '../endpoint-spec.ts'
import type { ParentChild } from '../parent-child.ts'
import type { TrustedKey } from '../release/public-key.ts'
import type { NodeBinary, Release } from '../release/release.ts'
import type { DeclaredHealth } from '../rpc/health-contracts.ts'
import type { BakeSettings } from './bake-settings.ts'
import type { HealthSettings } from './health-settings.ts'
import type { Logger } from './logger.ts'
import type { AskedCutover, CutoverSettings } from './overlap.ts'
import type { ModuleChild } from './process-child.ts'

/** In milliseconds. */
export interface Timeouts {
  /** Until a new peer is ready. */
  readyTimeout: number
  /** From the cutover until an old peer is killed; may be `Infinity`. */
  shutdownTimeout: number
}

/** Everything a parent needs to know, with defaults filled in and checked. */
export interface ParentSettings {
  app: string
  endpoints: readonly EndpointSpec[]
  /** Peers of a generation. */
  peers: number
  /** Runs every release, whatever those bring. */
  givenNode: NodeBinary | null
  /** The Node.js that runs a release: its own, or the parent's; of none, the parent's. */
  nodeOf(release: Partial<Pick<Release, 'dir' | 'node'>>): Pick<NodeBinary, 'path' | 'version'>
  /** Whether the code of a release can be replaced while it runs. */
  hotOf(release: Pick<Release, 'config'>): boolean
  /** Where there are any, every release must be signed with one of them. */
  verify: readonly TrustedKey[]
  /** Throws `untrusted_release` for a release that may not be booted. */
  assertTrusted(release: Release): void
  /** A release may bring its own. */
  timeoutsOf(release: Pick<Release, 'config'>): Timeouts
  /** How the generation before a release stops accepting. */
  cutoverOf(release: Pick<Release, 'config'>, asked: AskedCutover): CutoverSettings
  /** How it is found out whether a release is well; `declared` is what its application has told its peer. */
  healthOf(release: Pick<Release, 'config'>, declared: DeclaredHealth | undefined): HealthSettings
  /** What a new release has to stand before the one before it is ended. */
  bakeOf(release: Pick<Release, 'config'>): BakeSettings
  /** Absolute path of the folder that belongs to this application alone. */
  stateDir: string
  keepReleases: number
  /** Generations that may drain at once. */
  maxDraining: number
  /** Options for Node.js in the peers. */
  execArgv: readonly string[]
  /** Read again for each new peer. */
  envFile: string | null
  /** Whether each line that a peer prints begins with the peer's name. */
  prefixOutput: boolean
  /** In the order in which they are started. */
  parentChildren: readonly (ParentChild | ModuleChild)[]
  logger: Logger
}
