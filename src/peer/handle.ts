import type { Operations } from '../rpc/contracts.ts'
import type { Drains } from '../rpc/drain-contracts.ts'
import type { Exchange } from '../rpc/exchange.ts'
import type { Remote } from '../rpc/exchange-contracts.ts'
import type { DeclaredHealth } from '../rpc/health-contracts.ts'
import type { ProcessMover } from '../rpc/process-contracts.ts'
import { PEER_GLOBAL, type PeerIdentity, type ReleaseToRun } from '../rpc/protocol.ts'
import type { PeerSockets } from '../rpc/socket-contracts.ts'
import type { CutoverCallbacks, PeerExchange } from './exchange.ts'

/** A health check as `start()` was told it: what the parent has to know, and the function, which stays here. */
export interface GivenHealth {
  declared: DeclaredHealth
  check?: () => unknown
}

/**
 * What the preload leaves for the library, which may be another copy or version of this package. Nothing is taken away from
 * it, and what was added since the first version may be missing.
 */
export interface PeerHandle {
  protocol: number
  identity: PeerIdentity
  release: ReleaseToRun
  parent: Remote<Operations>
  /** `start()` begins; the returned function tells that it has ended, with the application's stop function. */
  starting(): (stop: (() => unknown) | null) => void
  /** Opens the way to other processes at its first call. */
  exchange?(): Exchange & { leases?: Pick<PeerExchange['leases'], 'ask'> }
  /** What the application wants to do at a cutover; the last call counts. */
  onCutover?(callbacks: CutoverCallbacks): void
  /** How the application wants to be asked whether it is well; the last call counts. */
  onHealthCheck?(given: GivenHealth): void
  /** Who moves the stateful processes is told of the cutover. */
  movesProcesses?(mover: ProcessMover): void
  /** What is done when another generation takes over. */
  drains?: Drains
  /** The sockets that leave for another peer, and come from there. */
  sockets?: PeerSockets
}

/** The handle in a peer; `null` in any other process. */
export function peerHandle(): PeerHandle | null {
  return (globalThis as { [PEER_GLOBAL]?: PeerHandle })[PEER_GLOBAL] ?? null
}
