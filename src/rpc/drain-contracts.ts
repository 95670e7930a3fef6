/** What a handler given to `onDrain` is told. */
export interface DrainContext {
  /** Aborted when the time is over in which this peer may drain: the application is about to be told to stop. */
  signal: AbortSignal
  /** Milliseconds that this peer may take to drain; `null` without a limit. */
  timeLimit: number | null
}

/** What the application does when another generation takes over. */
export type DrainHandler = (context: DrainContext) => unknown

/** What a peer lets the library know of the times at which another generation serves in its place. */
export interface Drains {
  onDrain(handler: DrainHandler): void
  /** `null` while this peer serves, and where it ends without a successor. */
  current(): DrainContext | null
  /** The application is not told to stop before this has settled, or the time to drain is over. */
  hold(until: Promise<unknown>): void
  /** Told each time when traffic has come back to this peer: it serves again. */
  onReturn(act: () => void): void
  /** Told once, before the application is told to stop. */
  onStop(act: () => void): void
}
