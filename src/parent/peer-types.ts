import type { BeamDeployError } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { AnswerCount } from '../rpc/answer-count.ts'
import type { DeclaredHealth } from '../rpc/health-contracts.ts'
import type { PeerLoad } from '../rpc/load.ts'
import type { Packed } from '../rpc/packed.ts'
import type { Transfers } from '../rpc/transfers.ts'
import type { ExchangeWire } from './exchange-wire.ts'
import type { ExitStatus } from './exits.ts'
import type { HealthCalls } from './peer-health.ts'
import type { HotCalls } from './peer-hot.ts'

/** The life of one peer, as its parent sees it. */
export type PeerState =
  | { state: 'booting' }
  /** Holds every endpoint and waits for the cutover. */
  | { state: 'ready' }
  | { state: 'serving' }
  /** Has stopped accepting, and may be told to accept again. On the clock of `now()`. */
  | { state: 'parked'; since: number }
  /** On the clock of `now()`; a `deadline` of `Infinity` means never. */
  | { state: 'draining'; since: number; deadline: number }
  | { state: 'exited'; status: ExitStatus }

export interface PeerProcess extends Pick<ExchangeWire, 'call' | 'afterCutover' | 'tellLease'> {
  readonly id: string
  readonly slot: number
  readonly pid: number
  readonly state: PeerState
  /** Resolves when the peer holds every endpoint; rejects with `peer_start_failed`, the process then being gone. */
  readonly ready: Promise<void>
  /** Boots `release` in a peer that was started without one. */
  run(release: Release): void
  readonly exited: Promise<ExitStatus>
  accept(): Promise<void>
  /** Tells it to accept no more: the first word of the end, before anything else is done about that. */
  retire(): void
  /** Ends accepting until {@link PeerProcess.unpark}; `false` where it cannot, and goes on accepting. */
  park(): Promise<boolean>
  /** Has it accept again, without a boot; `false` where it cannot. */
  unpark(): Promise<boolean>
  /**
   * Ends accepting; resolves when the process is gone, by itself or killed after `timeout` milliseconds. With `handOver` it is
   * asked for what its application hands over at the end.
   */
  drain(timeout: number, handOver: boolean): Promise<ExitStatus>
  /** What its application has handed over; `null` while there is nothing. */
  readonly handedOver: Packed | null
  kill(): Promise<ExitStatus>
  load(): Promise<PeerLoad | null>
  /** Has it count its answers, and `tell` hear of them, until it is told `null`. */
  countAnswers(limit: number | null, tell?: (count: AnswerCount) => void): void
  readonly hot: HotCalls
  readonly health: HealthCalls
  /** What its application has told of its health check; known when it is ready. */
  readonly declaredHealth: DeclaredHealth | undefined
  /** An error about it, with the last of what it printed. `reason` follows "the new peer of my-app 1.2.3". */
  failed(code: 'peer_start_failed' | 'health_check_failed', reason: string): BeamDeployError
  /** Its code has been replaced by that of `release`. */
  became(release: Release): void
  /** Sends it sockets. */
  readonly transfers: Pick<Transfers, 'send'>
}
