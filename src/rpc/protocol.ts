/**
 * The version of what parent, peers and command line say to each other. Each side may come from another
 * copy of this package, so it is said first, on every connection, and only changed when an old
 * reader could not make sense of a new message.
 */
export const PROTOCOL_VERSION = 1

/** The environment variable by which the parent tells a process that it is a peer. Read once, then removed. */
export const PEER_ENV = 'BEAM_DEPLOY_PEER'

/** Tells a cluster worker of a peer whose worker it is: the peer's process id. Other processes ignore it. */
export const CLUSTER_ENV = 'BEAM_DEPLOY_CLUSTER_OF'

/** Where the preload leaves what the library needs inside a peer, found by any copy of the package. */
export const PEER_GLOBAL = Symbol.for('beam-deploy.peer')

/** The same inside a parent child that runs as a process. */
export const CHILD_GLOBAL = Symbol.for('beam-deploy.parent-child')

/**
 * A declared endpoint as a peer gets it: the address it stands for and the inherited listening socket. `spares` are descriptors of the
 * same: who listens on one closes it at its end, and may have to listen again.
 */
export type InheritedEndpoint = { fd: number; spares?: number[] } & (
  | { kind: 'tcp'; host: string; port: number; family: 'IPv4' | 'IPv6' }
  | { kind: 'path'; path: string }
)

/** The value of {@link PEER_ENV}, as JSON. */
export interface PeerIdentity {
  protocol: number
  app: string
  generation: number
  slot: number
  endpoints: InheritedEndpoint[]
  /** Milliseconds from the cutover until this peer is killed; `null` means never. */
  shutdownTimeout: number | null
  /** The pipe that brings a {@link ReleaseToRun}, as JSON, to its end; nothing when there is nothing to run. */
  releaseFd: number
  /** The pipe for the application's values (`frames.ts`); parents of the first version have none. */
  exchangeFd?: number
  /** Where it listens while it is asked whether it is well: a Unix socket that is its own. */
  probe: string
  /** Whether it was started before its release was there, and has to wait for it. */
  spare?: boolean
  /** A file to remove when the parent is gone and this peer ends by itself. */
  note?: string
}

/** What a peer is to run. It may learn this a while after it was started. */
export interface ReleaseToRun {
  id: string
  version: string
  /** Absolute. */
  dir: string
  /** Relative to `dir`, with forward slashes. */
  entry: string
  /** The folder for compiled code; `null` for a release that runs where it stands, outside the store. */
  compileCache: string | null
  /** Milliseconds, or `null` for never: in place of that of {@link PeerIdentity}, which was written before the release was known. */
  shutdownTimeout?: number | null
  /** Modules with the functions of these names, relative to `dir`. */
  beforeCutover?: string
  afterCutover?: string
}

/** An endpoint as people write it: `3000`, `127.0.0.1:3000`, `[::1]:3000`, `/run/app.sock`. */
export function endpointLabel(endpoint: { port: number; host?: string } | { path: string }): string {
  if ('path' in endpoint) return endpoint.path
  if (endpoint.host === undefined) return String(endpoint.port)
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`
}

/** The control socket of the application whose state folder is `stateDir`. */
export function controlSocketPath(stateDir: string): string {
  return `${stateDir}/control.sock`
}
