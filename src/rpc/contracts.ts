import type { CutoverMode, ReleaseConfig } from '../config/config.ts'
import type { Phase } from '../errors.ts'
import type { TrustedKey } from '../release/public-key.ts'
import type { NodeBinary, RuntimeIdentity } from '../release/release.ts'
import type { UnpackedRelease } from '../release/unpacked.ts'
import type { HotUpgradeReport, HotUpgradeRequest, PeerHot, UpgradePlan } from './hot-contracts.ts'
import type { PeerLoad } from './load.ts'

/** The typed contracts: who can call what, over which wire. */

/** What can be asked of a running parent, from a peer or from the command line. */
export interface Operations {
  upgrade(request: UpgradeRequest): Promise<UpgradeReport>
  rollback(): Promise<UpgradeReport>
  hotUpgrade(request: HotUpgradeRequest): Promise<HotUpgradeReport>
  planUpgrade(request: HotUpgradeRequest): Promise<UpgradePlan>
  status(): Promise<Status>
}

/** What the parent offers a connection on its control socket. */
export interface ControlFunctions extends Operations {
  hello(protocol: number): Hello
  /** Resolves when every peer has ended and the endpoints are closed. */
  stop(): Promise<void>
}

/** What the command line offers the parent while it waits for an answer. */
export interface ControlClientFunctions {
  progress(step: ProgressStep): void
  /**
   * Unpacks an archive into a new folder. The parent asks its caller, so that the memory that
   * unpacking takes is never the parent's.
   */
  unpack(request: UnpackRequest): Promise<UnpackResult>
}

export interface Hello {
  protocol: number
  pid: number
  app: string
}

export interface UpgradeRequest {
  /** Absolute path of an archive or an application folder. */
  path: string
  /** Milliseconds, in place of what is configured; 0: none. A parent of an older version does not know it. */
  bake?: number
  /** In place of what is configured, as the other; a parent of an older version knows neither. */
  cutover?: CutoverMode
  /** Milliseconds. */
  overlapTime?: number
}

export interface UnpackRequest {
  source: string
  /** The folder to make; on the same file system as the store. */
  into: string
  /** The Node.js that will run it, where it is not the one that unpacks. A parent of an older version of this package does not tell its `version`. */
  runtime?: Pick<RuntimeIdentity, 'nodeMajor' | 'abi'> & { version?: string }
  /** Whether that one is to run it whatever it brings itself. */
  nodeIsGiven?: boolean
  /** Where there are any, `source` must be an archive that is signed with one of them. */
  verify?: readonly TrustedKey[]
}

/** What the parent needs to know of a release once its files are in place. */
export type UnpackResult = Pick<
  UnpackedRelease,
  'name' | 'version' | 'entry' | 'sha256' | 'files' | 'bytes' | 'verifiedBy'
> & {
  config?: ReleaseConfig
  node?: NodeBinary
  /** The major version of the Node.js that it was built on, where it says so. */
  builtOnNode?: number
}

/** What is done of a swap. */
export interface ProgressStep {
  phase: Phase
  /** For people. */
  text: string
}

/** What a swap did. */
export interface UpgradeReport {
  action: 'upgrade' | 'rollback'
  /** The application's name. */
  app: string
  /** The release that serves now. */
  release: ReleaseSummary
  /** The one that served before and drains now. */
  previous: ReleaseSummary
  /** Number of the new generation. */
  generation: number
  /** Milliseconds from the call until the new release accepted. */
  durationMs: number
  /** Milliseconds of each step: `unpack`, `boot`, `cutover`, `bake`. */
  phases: Partial<Record<Phase, number>>
  /** Process ids of the generation that drains. */
  draining: number[]
  /** Milliseconds for which it accepts, too, before it does; only where it is so. */
  overlapMs?: number
}

/** Which release. */
export interface ReleaseSummary {
  /** `<version>-<12 digits of a SHA-256>`, the name of its folder. */
  id: string
  /** Of its `package.json`. */
  version: string
}

/**
 * What a peer does now. `load` is `null` where it does not answer in time, `hot` also where it has no hot loading; `deadlineMs` is in how many milliseconds it is killed at the
 * latest, `null` for never; `restarts` counts those of its slot in a row.
 */
export type PeerStatus =
  | { state: 'booting' | 'ready' }
  | { state: 'serving'; load: PeerLoad | null; hot: PeerHot | null }
  /** Has stopped accepting, and takes the traffic back when the new generation does not stand its time. */
  | { state: 'parked'; load: PeerLoad | null; hot: PeerHot | null; ageMs: number }
  | {
      state: 'draining'
      load: PeerLoad | null
      hot: PeerHot | null
      deadlineMs: number | null
      /** Milliseconds since its drain began. A parent of an older version does not tell. */
      ageMs?: number
    }
  | { state: 'restarting'; restarts: number }

/**
 * A peer, or the slot of one that is being restarted, which has no process: `pid` is `null` then. Its `id` is `<generation>.<slot>`; what
 * it has beside this depends on its `state`.
 */
export type PeerSummary = {
  id: string
  slot: number
  generation: number
  pid: number | null
  release: ReleaseSummary
  /** The version of Node.js that it runs on. */
  node: string
} & PeerStatus

/** `pid`: its process; that of the parent for one that is a function of its program. */
export type ParentChildSummary = { id: string } & (
  | { state: 'running'; pid: number }
  | { state: 'restarting' | 'ended' }
)

/** Who has a lease: see the function `lease`. Times in milliseconds. */
export type LeaseStatus =
  | { state: 'held'; peer: string; pid: number; generation: number; heldMs: number }
  /** Its holder was told to let go `releasingMs` ago. */
  | {
      state: 'releasing'
      peer: string
      pid: number
      generation: number
      heldMs: number
      releasingMs: number
    }
  /** A peer whose parent was killed has it, and is about to end. */
  | { state: 'left'; peer: string; pid: number }
  /** Nobody may have it now, or its work has failed and waits a while. */
  | { state: 'free' }
  /** The work came to its end, and is not done again by this generation. */
  | { state: 'done' }

/** A lease; `waiting` are the ids of the peers that have asked for it, and do not hold it. */
export type LeaseSummary = { name: string; waiting: string[] } & LeaseStatus

/** One start, swap or restart of a peer, done or failed. */
export interface HistoryEntry {
  /** When it ended. ISO 8601, in UTC. */
  at: string
  action: 'start' | 'upgrade' | 'rollback' | 'hot-upgrade' | 'restart' | 'fall-back'
  /** Id of the release that served before; `null` at a start. */
  from: string | null
  /** Id of the release that was to serve; `null` where it failed before that was known. */
  to: string | null
  /** `rolled-back`: it served, and the release before it took over again. */
  outcome: 'succeeded' | 'failed' | 'rolled-back'
  /** Of a failure: its error code. */
  code?: string
  /** Of a failure: the first line of its message. Of a fall-back: why. */
  message?: string
  /** Milliseconds. */
  durationMs: number
}

/** What runs. */
export interface Status {
  /** The application's name. */
  app: string
  /** Process id of the parent. */
  pid: number
  /** What the parent does. */
  state: 'starting' | 'serving' | 'upgrading' | 'stopping'
  /** Whether a swap is under way. */
  upgrading: boolean
  /** What is done of it now; `null` where nothing is. A parent of an older version does not tell. */
  step?: ProgressStep | null
  /** The release that serves. */
  release: ReleaseSummary | null
  /** The release that a rollback goes to. */
  previous: ReleaseSummary | null
  /** Number of the generation that serves. */
  generation: number
  /** The serving peer of slot 0. */
  activePeer: { id: string; pid: number; generation: number; release: ReleaseSummary } | null
  /** The addresses that the parent holds. */
  endpoints: string[]
  /** Every peer: those that serve, boot or drain. */
  peers: PeerSummary[]
  /** In the order in which they were started. */
  parentChildren: ParentChildSummary[]
  /** The leases that peers have asked for, by name. */
  leases: LeaseSummary[]
  /** Milliseconds since the parent started. */
  uptimeMs: number
  /** The version of Node.js that the parent runs on. */
  node: string
  /** Resident memory of the parent, in bytes. */
  parentMemory: number
  /** The last upgrade, rollback or hot upgrade, done or failed. */
  lastUpgrade: HistoryEntry | null
  /** Oldest first. */
  history: HistoryEntry[]
  /** Id of the key with which the signature of the release that serves was checked when it came; `null` where it was not. */
  verifiedBy: string | null
  /** Ids of the keys of which every release must be signed with one; empty where none has to be. */
  trustedKeys: string[]
  /** Folder of this application's releases and state. */
  stateDir: string
}
