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
  /** The functions that the definition of that name consists of, and older ones of processes that were left behind: all that a new one takes the place of. */
  functionsOf(name: string): object[]
  /** Processes that run an older definition than their own by now, since an upgrade has left them behind: by name and the version they run. */
  behind(): DescribedProcess[]
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

/** A function that a definition consists of. */
export type CodeOfDefinition = (...given: never[]) => unknown

/** What became of a process, and why. */
export interface LeftProcess {
  name: string
  message: string
}

/** One change of definitions: `suspend`, then `swap`, `migrate`, and `end`; `undo` before `end` where something failed. */
export interface Staging {
  /**
   * Suspends every living process of these definitions, and those of any other that an earlier upgrade has left behind, in parallel; resolves
   * when each has finished what it does, or its time is over (those go on, and are told). One of these definitions that is started from now on
   * waits for {@link end} before its `init`.
   */
  suspend(names: string[], timeoutMs: number): Promise<{ suspended: number; skipped: LeftProcess[] }>
  /** Definitions staged so far, under names that lived before. */
  staged(): { name: string; from: string; to: string }[]
  /**
   * Suspended processes, and those started from now on, have the new definition. Skipped ones keep definition and state.
   *
   * @param asItWas gives, for a function of an old definition, one that runs the code which that had before; itself where it still does.
   */
  swap(asItWas: (code: CodeOfDefinition) => CodeOfDefinition): void
  /**
   * Runs `codeChange(oldVersion, state, extra)` for each suspended process that gets a definition of another version, on a copy of the
   * state where one can be made. With `revert` the first failure ends it, and {@link undo} is to follow; with `continue` a process that fails goes
   * on with its old definition and state. So does, in either case, one that an earlier upgrade has left behind, and whose definition is not staged
   * in this one: it is `stillBehind`.
   */
  migrate(
    extra: unknown,
    onError: 'revert' | 'continue',
  ): Promise<{ succeeded: number; failed: LeftProcess[]; stillBehind: LeftProcess[] }>
  /** Undoes `swap` and `migrate`: old definitions, old states. */
  undo(): void
  /** Resumes all that were suspended, in every case; ends the staging. */
  end(): void
}

/** What a peer tells of its own life, so that processes with `handoff` move as the traffic does. */
export interface ProcessMover {
  /** It is about to accept connections. */
  serving(): void
  /** Whether there are processes that may have to move. Older versions of the library do not say. */
  hasSome?(): boolean
  /**
   * It has stopped accepting. `hasSuccessor`: another generation serves in its place. Resolves when every process has moved that is to;
   * `signal` ends the wait for those that are busy.
   */
  leaving(hasSuccessor: boolean, signal: AbortSignal): Promise<void>
  /** Every connection has ended, and the application is about to be told to stop. */
  stopping(): void
}
