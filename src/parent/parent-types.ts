import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type {
  ControlClientFunctions,
  ProgressStep,
  Status,
  UpgradeReport,
  UpgradeRequest,
} from '../rpc/contracts.ts'
import type { ExchangeParentFunctions } from '../rpc/exchange-contracts.ts'
import type { HotUpgradeReport, HotUpgradeRequest, UpgradePlan } from '../rpc/hot-contracts.ts'
import type { Endpoint } from './endpoints.ts'
import type { Generation } from './generation.ts'
import type { ParentSettings } from './settings.ts'

/** What the parent is doing. */
export type ParentState =
  | { state: 'starting'; incoming: Generation | null }
  | { state: 'serving'; active: Generation }
  /** `giveUp` ends what has not reached its cutover; `done` resolves when the swap has ended, however it did. */
  | {
      state: 'upgrading'
      active: Generation
      incoming: Generation | null
      /** While the new generation bakes: the one before it, and the way back to that. */
      baking: Baking | null
      /** What is done now. */
      step: ProgressStep | null
      giveUp(): void
      done: Promise<void>
    }
  | { state: 'stopping' }

export interface Baking {
  parked: Generation
  /** Goes back at once, as a rollback; resolves to what became of it. */
  rollBack(): Promise<UpgradeReport>
}

/** Who asked for a swap: is told of its steps, and unpacks the archive. */
export type Caller = ControlClientFunctions

/** What has the parent for itself, while it lasts. */
export interface Turn {
  /** What serves. */
  outgoing: Generation
  /** The generation that it is about, once there is one. */
  incoming(): Generation | null
  /** Notes what is done now, for `status`. */
  progress(step: ProgressStep): void
  /** Aborted when the parent is told to stop: what has not been committed by then is given up. */
  signal: AbortSignal
  /** Makes `generation` the one that serves, and ends the turn. */
  activate(generation: Generation): void
  /** The same without that end: the turn goes on, with another generation parked, or with none any more. */
  serve(generation: Generation, baking: Baking | null): void
}

export interface Parent {
  /** Boots `release` and serves it. Once, before anything else. Resolves to `false` when it was stopped meanwhile. */
  boot(release: Release): Promise<boolean>
  upgrade(request: UpgradeRequest, caller: Caller): Promise<UpgradeReport>
  rollback(caller: Caller): Promise<UpgradeReport>
  hotUpgrade(request: HotUpgradeRequest, caller: Caller): Promise<HotUpgradeReport>
  planUpgrade(request: HotUpgradeRequest, caller: Caller): Promise<UpgradePlan>
  status(): Promise<Status>
  /** Ends everything; what serves is drained first. Called again, it ends every process at once. */
  stop(): Promise<void>
  /** What the program that is the parent may do of what its peers can. */
  readonly exchange: Omit<ExchangeParentFunctions, 'open' | 'handOver'>
  /** Resolves when everything of the parent has ended. */
  readonly ended: Promise<EndReason>
}

export type EndReason = { reason: 'stopped' } | { reason: 'exhausted' }

export interface ParentParts {
  settings: ParentSettings
  store: Store
  endpoints: readonly Endpoint[]
  /** Unpacks for a peer that asks for an upgrade: it should serve, not unpack. */
  callerForPeers: Caller
  /** Ends the holding of endpoints, before the last peers drain. */
  closeEndpoints(): void
  /** Runs when everything has ended. */
  cleanup(): Promise<void>
}
