import type { Server } from 'node:net'
import type { ReleaseSummary } from './contracts.ts'
import type { Packed } from './packed.ts'

/**
 * Where hot loading leaves its engine, found by any copy of the package and by the peer it runs in. A configurable property: a test may put
 * a stand-in there.
 */
export const HOT_GLOBAL = Symbol.for('beam-deploy.hot')

/** The environment variable by which the processes that an application starts know that they are none with hot loading: its process id. */
export const HOT_ENV = 'BEAM_DEPLOY_HOT'

/** How long a stateful process may take to finish the message that it handles, where nobody says otherwise. Milliseconds. */
export const SUSPEND_TIMEOUT_MS = 3_000

/** What an upgrade may do beyond the contract, and how long it waits. */
export interface HotRules {
  /** Milliseconds that a stateful process has to finish the message it handles; it is skipped after that. */
  suspendTimeoutMs: number
  /** What becomes of an upgrade when the `codeChange` of one process throws: all is undone, or that process alone keeps its old state. */
  onCodeChangeError: 'revert' | 'continue'
  /** Places, as the reasons of a plan name them, that may be evaluated anew or left behind. */
  allow: string[]
}

/** What a process with hot loading is to become. */
export interface HotRequest extends HotRules {
  /** The new release's folder. Absolute. */
  dir: string
  release: ReleaseSummary
  /** The third argument of each `codeChange`, as an application value. */
  extra?: Packed
}

/** A reason why an upgrade cannot be hot. */
export interface HotReason {
  /** Where: relative to the release, with forward slashes; `package.json` or a package's folder for what is outside the code. */
  module: string
  /** From 1, in the new source; in the old one for what is gone there; `null` where no line is meant. */
  line: number | null
  /** What was found. */
  message: string
  /** What can be done. */
  remedy: string
  /** What to give in `allow` to upgrade nevertheless; `null` where nothing can allow it. */
  allow: string | null
}

/** What becomes of one module. Functions, classes and variables by name; what has none by `line <n>`. */
export interface HotModule {
  module: string
  change: 'changed' | 'new' | 'removed'
  /** Functions and classes whose code is replaced. */
  replaced: string[]
  /** Variables that keep their value although their module changed. */
  kept: string[]
  /** Variables and statements that are evaluated anew. */
  evaluated: string[]
}

/** A stateful process whose definition changes, or which an earlier upgrade has left behind. */
export interface HotProcess {
  name: string
  /** Versions; `to` is `null` where only its evaluation tells. */
  from: string
  to: string | null
  /** How many of them live. */
  instances: number
}

/** What a hot upgrade to a release would do, or why it cannot be. */
export interface UpgradePlan {
  /** `hot`: the changed code can be replaced in place; `blue-green`: it takes new processes; `restart`: it takes a new parent. */
  verdict: 'hot' | 'blue-green' | 'restart'
  release: ReleaseSummary
  /** Every reason why not; empty when `hot`. */
  reasons: HotReason[]
  /** Only those that differ. */
  modules: HotModule[]
  processes: HotProcess[]
  /** Native addons that differ: a hot upgrade leaves the old ones in place. Relative to the release. */
  skippedNativeModules: string[]
  /** What is allowed and yet worth knowing, such as fields that living instances lack. */
  notes: string[]
}

/** What a hot upgrade did. */
export interface HotUpgradeStats {
  release: ReleaseSummary
  /** Modules of the new release that differ from the running ones or are new. */
  copiedModules: number
  /** Of these, those that were not there before. */
  newModules: number
  /** Of these, those whose code was replaced in the running process. */
  modulesReloaded: number
  /** Relative to the release. */
  moduleNames: string[]
  /** Stateful processes that run their new definition; those whose `codeChange` threw; those that did not suspend in time. */
  processesSucceeded: number
  processesFailed: number
  processesSkipped: number
  /** Why, for each that failed or was skipped. */
  processFailures: { name: string; message: string }[]
  /** Of every process whose definition changed, or that was to be taken along since an earlier upgrade had left it behind. */
  processNames: string[]
  skippedNativeModules: string[]
  /** Milliseconds from the first process suspended to the last resumed; 0 where none was. */
  suspendDurationMs: number
  /** Milliseconds of the one synchronous step. */
  swapDurationMs: number
  /** Milliseconds of the whole, unpacking included. */
  durationMs: number
  modules: HotModule[]
  notes: string[]
  /** Bytes of code that was replaced and cannot be freed as long as this process lives, at most. */
  oldCodeBytes: number
}

/** What a peer carries of hot upgrades, as `status` shows it. */
export interface PeerHot {
  /** How many this process has been through. */
  upgrades: number
  /** Bytes of source of code that was replaced. */
  oldCodeBytes: number
}

/** What hot loading has done in a process so far. */
export interface HotSummary extends PeerHot {
  /** The release whose code runs now. */
  release: ReleaseSummary
}

/** What a process with hot loading offers its parent; the steps of one upgrade, one at a time. */
export interface HotFunctions {
  /** Changes nothing; what was made ready for `commitHot` is kept until that or `discardHot`. */
  prepareHot(request: HotRequest): Promise<UpgradePlan>
  /** Replaces the code. When it rejects, all is as before. Until `settleHot` or `revertHot` the changed stateful processes stay suspended. */
  commitHot(): Promise<HotUpgradeStats>
  /** The upgrade stays: the processes go on. */
  settleHot(): Promise<HotUpgradeStats>
  /** The upgrade is undone: another peer could not. */
  revertHot(): Promise<void>
  discardHot(): Promise<void>
  hotSummary(): HotSummary
}

/** What a hot upgrade of an application did, in all of its processes together. */
export interface HotUpgradeReport extends HotUpgradeStats {
  action: 'hot-upgrade'
  /** The application's name. */
  app: string
  /** The release that ran before. */
  previous: ReleaseSummary
  /** Process ids of those whose code was replaced. */
  peers: number[]
}

/** What is left in {@link HOT_GLOBAL} in place of an engine, where there cannot be one. */
export interface NoHotHandle {
  protocol: 1
  /** Why. */
  unavailable: string
}

/** What the engine leaves in {@link HOT_GLOBAL}: for the parent of its process, and for the library where there is no parent. */
export interface HotHandle extends HotFunctions {
  protocol: 1
  /** Paths are absolute. The library has checked the rest. */
  hotUpgrade(path: string, rules: HotRules & { extra?: unknown }): Promise<HotUpgradeReport>
  planUpgrade(path: string, rules: HotRules & { extra?: unknown }): Promise<UpgradePlan>
  /** A statement of the application has its server on an endpoint of the parent, be it that this opens only later. */
  tookEndpoint?(server: Server): void
}

/** A {@link Packed} on a wire of plain JSON: each part in base64. */
export type PackedText = string[]

/** What is asked of a parent. */
export interface HotUpgradeRequest extends HotRules {
  /** Absolute path of an archive or an application folder. */
  path: string
  extra?: PackedText
}

/** {@link HotFunctions} as a peer offers them to its parent. Each rejects with `hot_unavailable` where there is no engine. */
export interface PeerHotFunctions extends Omit<HotFunctions, 'prepareHot'> {
  prepareHot(request: Omit<HotRequest, 'extra'> & { extra?: PackedText }): Promise<UpgradePlan>
}
