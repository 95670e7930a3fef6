export { callParent } from './call-parent.ts'
export {
  type BeamDeployConfig,
  type CutoverMode,
  type Duration,
  defineConfig,
  type LogFormat,
} from './config/config.ts'
export type { HealthCheckOption, HealthCheckOptions } from './config/health.ts'
export type { EndpointSpec } from './endpoint-spec.ts'
export {
  BeamDeployError,
  type BeamDeployErrorCode,
  type BeamDeployErrorOptions,
  ERROR_CODES,
  isBeamDeployError,
  type Phase,
} from './errors.ts'
export { getAllHandoff, getHandoff, putHandoff } from './handoff.ts'
export { hotUpgrade, planUpgrade } from './hot-operations.ts'
export type { HotUpgradeOptions } from './hot-options.ts'
export { type LeaseOptions, lease } from './lease.ts'
export { onDrain } from './on-drain.ts'
export { isUpgrading, rollback, status, upgrade } from './operations.ts'
export type { Logger } from './parent/logger.ts'
export type { ParentChild, ParentChildInstance } from './parent-child.ts'
export type { LeaseWork } from './peer/lease-work.ts'
export type { Lease, LeaseEnding } from './peer/leases.ts'
export type { AnyFunctions, Callable, Peer } from './peer-handle.ts'
export { activePeer, expose, incomingPeer, outgoingPeer } from './peers.ts'
export type {
  HistoryEntry,
  LeaseStatus,
  LeaseSummary,
  ParentChildSummary,
  PeerStatus,
  PeerSummary,
  ProgressStep,
  ReleaseSummary,
  Status,
  UpgradeReport,
} from './rpc/contracts.ts'
export type { DrainContext, DrainHandler } from './rpc/drain-contracts.ts'
export type {
  BeamDeployEvents,
  DrainEvent,
  EventFacts,
  EventFailure,
  EventTiming,
  LeaseEvent,
  LeaseGrantedEvent,
  LeaseReleasedEvent,
  PeerEvent,
  PeerExitEvent,
  PeerRestartEvent,
  StopEvent,
  SwapEndEvent,
  SwapEvent,
  SwapFacts,
} from './rpc/events.ts'
export type { Functions } from './rpc/exchange.ts'
export type { PeerInfo } from './rpc/exchange-contracts.ts'
export type { HealthRequest, ProbeRequest, WarmUpRequest } from './rpc/health-contracts.ts'
export type {
  HotModule,
  HotProcess,
  HotReason,
  HotUpgradeReport,
  HotUpgradeStats,
  PeerHot,
  UpgradePlan,
} from './rpc/hot-contracts.ts'
export type { ConnectionCounts, DrainStage, OldestRequest, PeerLoad } from './rpc/load.ts'
export { handoffSocket, onSocket, type SocketMeta } from './sockets/handoff-socket.ts'
export { isEnabled, start } from './start.ts'
export type { HealthFunction, StartOptions, StopFunction } from './start-options.ts'
export type { UpgradeOptions } from './upgrade-options.ts'
