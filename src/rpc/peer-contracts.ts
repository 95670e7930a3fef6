import type { AnswerCount } from './answer-count.ts'
import type { Operations } from './contracts.ts'
import type { DeclaredHealth, PeerHealthFunctions } from './health-contracts.ts'
import type { PeerHotFunctions } from './hot-contracts.ts'
import type { PeerLoad } from './load.ts'
import type { TransferFunctions } from './transfer.ts'

/** What a peer offers its parent (over IPC). */
export interface PeerFunctions extends PeerHotFunctions, PeerHealthFunctions, TransferFunctions {
  /** The cutover: opens every endpoint that was held back. Resolves when all of them accept. */
  accept(): Promise<void>
  /** Stops accepting at once, and nothing else: `drain` is about to come. Only told, never called. */
  retire(): void
  /**
   * Stops accepting at once and returns; the peer then drains, stops the application, and exits by itself. With `handOver` another
   * generation serves in its place: what is to be handed over is, last.
   */
  drain(handOver?: boolean): void
  /**
   * Stops accepting and drains, as `drain` does, but stops nothing of the application, so that `unpark` can undo it; `drain` ends it. `false` where
   * this peer cannot: it serves on.
   */
  park(): boolean
  /** Accepts again at once. `false` where it cannot: it stays parked. */
  unpark(): Promise<boolean>
  load(): PeerLoad
  /** Counts answers from now on, for {@link ParentFunctions.answered}; `null`: no longer. */
  countAnswers(limit: number | null): void
  /** To be published in this process. Never called, only told: a preload of a version that does not know it lets it go. */
  events(published: PublishedEvent[]): void
}

/** What has happened; `name` and `message` as in `BeamDeployEvents`. */
export interface PublishedEvent {
  name: string
  message: object
}

/** What the parent offers a peer (over IPC): its own reports, and the calls an application may make. */
export interface ParentFunctions extends Operations, TransferFunctions {
  /** Every declared endpoint is held by a server, and `start()` has resolved where it is used. */
  ready(health?: DeclaredHealth): void
  /** What it has counted: about once a second, and when the share of errors passes the limit. */
  answered(count: AnswerCount): void
  /** The application listens on an address that was not declared. */
  listensElsewhere(address: string): void
}
