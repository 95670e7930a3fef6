import type { EndpointSpec } from '../endpoint-spec.ts'
import type { HealthCheck } from '../rpc/health-contracts.ts'
import type { HealthCheckOption } from './health.ts'

/** Milliseconds, or as on the command line: `'500ms'`, `'30s'`, `'2m'`. */
export type Duration = number | string

/** How the parent tells what it does. */
export type LogFormat = 'pretty' | 'json'

/**
 * How the old generation stops accepting at a cutover: `gate`, in the moment in which the new one accepts; `overlap`, a while later, so that both
 * serve meanwhile.
 */
export type CutoverMode = 'gate' | 'overlap'

/**
 * What an application says of how it is to be run, in `beam-deploy.config.ts` (or `.js`, `.json`) beside its `package.json`, or there
 * under `beamDeploy`. The command line and the environment go before it.
 */
export interface BeamDeployConfig {
  /** Names the application's state folder, and the application to `--app`. Default: the name in `package.json`. */
  app?: string
  /** The addresses that the parent holds. */
  endpoints?: EndpointSpec[]
  /** Peers of a generation; `'max'` is one per core. */
  peers?: number | 'max'
  /** How long a new peer may take until it listens on every endpoint. */
  readyTimeout?: Duration
  /** How long an old peer may take to drain and stop before it is killed, or `'infinity'`. */
  shutdownTimeout?: Duration
  /** How many releases stay on disk. */
  keepReleases?: number
  /**
   * How long a new release has to stand after an upgrade, with the one before it ready to take the traffic back at once: when a peer crashes,
   * fails its health check, or answers too often with a status of 500 or more. Default 0: not at all.
   */
  bake?: Duration
  /** The share of 5xx among the answers in that time that is too much, from 0 to 1; 20 answers are the least to judge by. Default 0.05. */
  bakeErrorLimit?: number
  /** How many generations may drain at once; when one more begins, the oldest is ended. Default 3. */
  maxDraining?: number
  /** File with the environment of the application; relative to the folder in which `beam-deploy start` runs. */
  envFile?: string
  /** Whether each line that a peer prints begins with its generation and slot. */
  prefixOutput?: boolean
  /** Whether the code can be replaced while it runs (`beam-deploy hot-upgrade`). Default true; boot and calls are a little faster without. */
  hot?: boolean
  /** How the parent tells what it does: lines for people, or one JSON object a line, events too. */
  log?: LogFormat
  /** Services that outlive every release: modules of the application, each run in a process of its own. */
  parentChildren?: { id: string; module: string }[]
  /** Path of the Node.js in the release that runs it. Default: `node_modules/node/bin/node` where that is there, else the parent's. */
  node?: string
  /** How it is found out whether a new release is well, before it gets a connection. */
  healthCheck?: HealthCheckOption
  /** Whether old and new generation accept together for a while (`'overlap'`). Default `'gate'`: they do not. */
  cutover?: CutoverMode
  /** How long they do so with `'overlap'`. Default 10 s. */
  overlapTime?: Duration
  /** Module with the function that runs last in an outgoing peer: its export of that name, or its default. */
  beforeCutover?: string
  /** Module with the function that runs in an incoming peer when the outgoing one is gone. */
  afterCutover?: string
}

/** The same, checked, as it is kept with a release: plain JSON, durations in milliseconds, `null` for one without end. */
export interface ReleaseConfig
  extends Omit<
    BeamDeployConfig,
    'readyTimeout' | 'shutdownTimeout' | 'bake' | 'healthCheck' | 'overlapTime'
  > {
  readyTimeout?: number
  bake?: number
  shutdownTimeout?: number | null
  healthCheck?: HealthCheck
  overlapTime?: number
}

/**
 * Gives a configuration its type, and is otherwise nothing.
 *
 * @param config what `beam-deploy.config.ts` exports as its default.
 * @returns the same.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'beam-deploy'
 *
 * export default defineConfig({ endpoints: [{ port: 3000 }], peers: 'max', shutdownTimeout: '2m' })
 * ```
 */
export function defineConfig(config: BeamDeployConfig): BeamDeployConfig {
  return config
}
