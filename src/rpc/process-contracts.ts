/** Where the first copy of the package that is loaded leaves the table of stateful processes, found by every other copy. */
export const PROCESS_GLOBAL = Symbol.for('beam-deploy.process')

/** What hot loading does with stateful processes. */
export interface ProcessTable {
  protocol: 1
  /**
   * From now until {@link Staging.end}, `defineProcess` under a living name stages its definition and returns the living handle
   * (`===`). One staging at a time: throws while there is another.
   */
  stage(): Staging
  /** Name, version and number of living processes, if this value is what `defineProcess` returned. */
  describe(value: unknown): DescribedProcess | null
  /** The same for what is defined under a name. */
  named(name: string): DescribedProcess | null
  /** The functions that the definition of that name consists of: all that a new one takes the place of. */
  functionsOf(name: string): object[]
  /**
   * Whether what runs now is a process's own doing: its `init`, a cast, a migration, and what these left behind. Not a call: somebody waits
   * for its answer, and goes on with that.
   */
  isAtWork(): boolean
}

/** A definition of a stateful process. */
export interface DescribedProcess {
  name: string
  version: string
  /** How many live. */
  instances: number
}

/** One change of definitions: `suspend`, then `swap`, `migrate`, and `end`; `undo` before `end` where something failed. */
export interface Staging {
  /**
   * Suspends every living process of these definitions, in parallel; resolves when each has finished what it does, or its time is over
   * (those go on, and are told). One that is started from now on waits for {@link end} before its `init`.
   */
  suspend(
    names: string[],
    timeoutMs: number,
  ): Promise<{ suspended: number; skipped: { name: string; message: string }[] }>
  /** Definitions staged so far, under names that lived before. */
  staged(): { name: string; from: string; to: string }[]
  /** Suspended processes, and those started from now on, have the new definition. Skipped ones keep definition and state. */
  swap(): void
  /**
   * Runs `codeChange(oldVersion, state, extra)` for each suspended process whose definition was staged with another version, on a copy of the
   * state where one can be made. With `revert` the first failure ends it, and {@link undo} is to follow; with `continue` a process that fails goes
   * on with its old definition and state.
   */
  migrate(
    extra: unknown,
    onError: 'revert' | 'continue',
  ): Promise<{ succeeded: number; failed: { name: string; message: string }[] }>
  /** Undoes `swap` and `migrate`: old definitions, old states. */
  undo(): void
  /** Resumes all that were suspended, in every case; ends the staging. */
  end(): void
}

/** What a peer tells of its own life, so that processes with `handoff` move as the traffic does. */
export interface ProcessMover {
  /** It is about to accept connections. */
  serving(): void
  /**
   * It has stopped accepting. `hasSuccessor`: another generation serves in its place. Resolves when every process has moved that is to;
   * `signal` ends the wait for those that are busy.
   */
  leaving(hasSuccessor: boolean, signal: AbortSignal): Promise<void>
  /** Every connection has ended, and the application is about to be told to stop. */
  stopping(): void
}
