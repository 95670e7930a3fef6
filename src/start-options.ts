import type { CutoverMode, Duration } from './config/config.ts'
import type { HealthCheckOption, HealthCheckOptions } from './config/health.ts'
import type { EndpointSpec } from './endpoint-spec.ts'
import type { Logger } from './parent/logger.ts'
import type { Peer } from './peer-handle.ts'

/** Ends the application: closes what it opened. Called when its peer drains, after the last answer. */
export type StopFunction = () => unknown

/** Whether the application is well: not where it throws, rejects or returns `false`. */
export type HealthFunction = () => unknown

/** What `start()` is told. */
export interface StartOptions {
  /** Names the application's state folder, and the application to `--app`. */
  app: string
  /** Starts the application; may return what stops it. */
  start: () => unknown
  /** The addresses that the parent holds. Default: `PORT` and `HOST` from the environment. */
  endpoints?: EndpointSpec[]
  /** Peers of a generation; `'max'` is one per core. Default 1. */
  peers?: number | 'max'
  /** Default: the environment variable `BEAM_DEPLOY`. */
  enabled?: boolean
  /** How long a new peer may take until it listens on every endpoint and `start` has resolved. Default 120 000 ms. */
  readyTimeout?: Duration
  /** How long an old peer may take to drain and stop before it is killed, or `Infinity`. Default 30 000 ms. */
  shutdownTimeout?: Duration
  /**
   * How it is found out whether a new release is well, before it gets a connection: as in a configuration, or a function of this
   * program, which runs in the peer and fails when it throws, rejects or returns `false`. Each release brings its own.
   */
  healthCheck?: HealthCheckOption | HealthFunction | (HealthCheckOptions & { check?: HealthFunction })
  /** Whether old and new generation accept together for a while (`'overlap'`). Default `'gate'`: they do not. */
  cutover?: CutoverMode
  /** How long they do so with `'overlap'`. Default 10 000 ms. */
  overlapTime?: Duration
  /**
   * Runs in each outgoing peer, last: after its last answer, and after the application's own stop. What it returns is given to
   * `afterCutover` of the peer that serves in its slot. With `incomingPeer` it can hand over more itself. What it throws is logged, and
   * counts as `undefined`; so does the end of a peer that is killed at `shutdownTimeout`. Not called where nobody takes over (stop).
   */
  beforeCutover?: (incomingPeer: Peer | null) => unknown
  /**
   * Runs in each incoming peer, which serves already, when the outgoing one of its slot is gone: once for each, with what its
   * `beforeCutover` returned, or `undefined`. What it throws is logged.
   */
  afterCutover?: (result: unknown) => unknown
  /** Path of the Node.js that runs every release. Default: the one that a release brings, else the one that runs this program. */
  node?: string
  /**
   * Paths of public keys, as `beam-deploy keygen` makes them. Each release that is switched to must be signed with one of them. Default: none has to
   * be signed.
   */
  verify?: string[]
  /** The folder with one folder for each application. Default: `BEAM_DEPLOY_STATE_DIR`, or the XDG state folder. */
  stateDir?: string
  /** How many releases stay on disk. Default 3. */
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
  /** Whether each line that a peer prints begins with its name, such as `2.0 | `: generation and slot. Default false. */
  prefixOutput?: boolean
  /** Whether the code of the peers can be replaced while they run ({@link hotUpgrade}). Default true. */
  hot?: boolean
  /** Default: standard error. */
  logger?: Logger
}
