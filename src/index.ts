export {
  BeamDeployError,
  type BeamDeployErrorCode,
  ERROR_CODES,
  isBeamDeployError,
  type Phase,
} from './errors.ts'
export { activePeer, isUpgrading, rollback, status, upgrade } from './operations.ts'
export type { Logger } from './parent/logger.ts'
export type { EndpointSpec } from './parent/settings.ts'
export type {
  HistoryEntry,
  PeerLoad,
  PeerSummary,
  ReleaseSummary,
  Status,
  UpgradeReport,
} from './rpc/contracts.ts'
export { isEnabled, start } from './start.ts'
export type { StartOptions, StopFunction } from './start-options.ts'
