import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { CutoverMode, LogFormat } from '../config/config.ts'
import type { EndpointSpec } from '../endpoint-spec.ts'
import { nodePathIn } from '../release/node-binary.ts'
import type { TrustedKey } from '../release/public-key.ts'
import type { NodeBinary, Release } from '../release/release.ts'
import { assertTrusted } from '../release/trust.ts'
import type { HealthCheck } from '../rpc/health-contracts.ts'
import { declareEndpoints } from './declare-endpoints.ts'
import { healthFrom } from './health-settings.ts'
import { cutoverFrom } from './overlap.ts'
import type { ParentSettings, Timeouts } from './settings.ts'

/** What was said on the command line or to `start()`; what is missing is looked up. It survives JSON. */
export interface GivenSettings {
  /** A list, or what the command line has of it. */
  endpoints: EndpointSpec[] | { ports: number[]; hosts: string[]; paths: string[] }
  peers?: number | 'max'
  /** Milliseconds. */
  readyTimeout?: number
  /** Milliseconds; `null` means never. */
  shutdownTimeout?: number | null
  healthCheck?: HealthCheck
  cutover?: CutoverMode
  /** Milliseconds. */
  overlapTime?: number
  keepReleases?: number
  maxDraining?: number
  /** Milliseconds; 0: none. */
  bake?: number
  bakeErrorLimit?: number
  /** Absolute. */
  envFile?: string
  /** Runs every release, whatever those bring. */
  node?: NodeBinary
  /** Of which every release must be signed with one. No release has a say in it: it would be asked about itself. */
  verify?: readonly TrustedKey[]
  prefixOutput?: boolean
  hot?: boolean
  log?: LogFormat
}

export const DEFAULTS = {
  peers: 1,
  readyTimeout: 120_000,
  shutdownTimeout: 30_000,
  keepReleases: 3,
  maxDraining: 3,
  bake: 0,
  bakeErrorLimit: 0.05,
} as const

type Resolved = Pick<
  ParentSettings,
  | 'givenNode'
  | 'nodeOf'
  | 'endpoints'
  | 'peers'
  | 'verify'
  | 'assertTrusted'
  | 'timeoutsOf'
  | 'hotOf'
  | 'healthOf'
  | 'bakeOf'
  | 'cutoverOf'
  | 'keepReleases'
  | 'maxDraining'
  | 'envFile'
  | 'prefixOutput'
  | 'parentChildren'
>

/**
 * What a parent runs with. First comes what was given, then the environment (`PORT` and `HOST`), then the configuration of the release that
 * is booted, then the defaults.
 */
export function resolveSettings(given: GivenSettings, release: Release): Resolved {
  const { config = {}, dir } = release
  const { verify = [] } = given
  const peers = given.peers ?? config.peers ?? DEFAULTS.peers
  const nodeOf: Resolved['nodeOf'] = ({ dir, node }) => given.node ?? nodeIn(dir, node)
  return {
    endpoints: Array.isArray(given.endpoints)
      ? given.endpoints
      : declareEndpoints(given.endpoints, process.env, config.endpoints),
    givenNode: given.node ?? null,
    nodeOf,
    peers: peers === 'max' ? availableParallelism() : peers,
    verify,
    assertTrusted: release => assertTrusted(release, verify),
    timeoutsOf: ({ config: own = {} }) => timeoutsOf(given, own),
    hotOf: ({ config: own = {} }) => given.hot ?? own.hot ?? true,
    healthOf: ({ config: own = {} }, declared) => healthFrom(given.healthCheck, declared, own.healthCheck),
    bakeOf: ({ config: own = {} }) => ({
      ms: given.bake ?? own.bake ?? DEFAULTS.bake,
      errorLimit: given.bakeErrorLimit ?? own.bakeErrorLimit ?? DEFAULTS.bakeErrorLimit,
    }),
    cutoverOf: ({ config: own = {} }, asked) => cutoverFrom({ ...own, ...given, ...asked }),
    keepReleases: given.keepReleases ?? config.keepReleases ?? DEFAULTS.keepReleases,
    maxDraining: given.maxDraining ?? config.maxDraining ?? DEFAULTS.maxDraining,
    envFile: given.envFile ?? (config.envFile === undefined ? null : resolve(config.envFile)),
    prefixOutput: given.prefixOutput ?? config.prefixOutput ?? false,
    parentChildren: (config.parentChildren ?? []).map(({ id, module }) => ({
      id,
      module: join(dir, module),
      dir,
      node: nodeOf(release).path,
    })),
  }
}

const nodeIn = (dir: string | undefined, node: NodeBinary | undefined) =>
  dir !== undefined && node
    ? { path: nodePathIn(dir, node), version: node.version }
    : { path: process.execPath, version: process.versions.node }

/** These may change from release to release: they are about its own peers. */
function timeoutsOf(given: GivenSettings, config: NonNullable<Release['config']>): Timeouts {
  const { shutdownTimeout = DEFAULTS.shutdownTimeout } = { ...config, ...given }
  return {
    readyTimeout: given.readyTimeout ?? config.readyTimeout ?? DEFAULTS.readyTimeout,
    shutdownTimeout: shutdownTimeout ?? Number.POSITIVE_INFINITY,
  }
}
