import type { ParentChild } from '../parent-child.ts'
import type { Logger } from './logger.ts'
import type { ModuleChild } from './process-child.ts'

/** An address the parent holds: a TCP port, where `host` is a numeric address or a name, or a Unix socket. */
export type EndpointSpec = { port: number; host?: string } | { path: string }

/** Everything a parent needs to know, with defaults filled in and checked. */
export interface ParentSettings {
  app: string
  endpoints: readonly EndpointSpec[]
  /** Peers of a generation. */
  peers: number
  /** Milliseconds. */
  readyTimeout: number
  /** Milliseconds, or `Infinity`. */
  shutdownTimeout: number
  /** Absolute path of the folder that belongs to this application alone. */
  stateDir: string
  keepReleases: number
  /** Options for Node.js in the peers. */
  execArgv: readonly string[]
  /** Read again for each new peer. */
  envFile: string | null
  /** In the order in which they are started. */
  parentChildren: readonly (ParentChild | ModuleChild)[]
  logger: Logger
}

export const DEFAULTS = {
  peers: 1,
  readyTimeout: 120_000,
  shutdownTimeout: 30_000,
  keepReleases: 3,
} as const
