import type { Next } from './next.ts'

/** The calls or casts of a process, by name: the state first, then what the caller gives. */
export type ProcessHandlers<State> = {
  readonly [name: string]: (state: State, ...args: never[]) => unknown
}

/** What the caller of a handler gives: its parameters, without the state. */
export type HandlerArgs<Handler> = Handler extends (state: never, ...args: infer Args) => unknown
  ? Args
  : never

/** What the caller of a handler gets: what it returns, or the reply in a {@link Next}. */
export type HandlerReply<Handler> = Handler extends (...args: never[]) => infer Result
  ? ReplyOf<Awaited<Result>>
  : never

/** The reply in what a handler returns. */
export type ReplyOf<Result> = Result extends Next<unknown, infer Reply> ? Reply : Result

/** The new state in what a handler returns. */
export type StateOf<Result> = Result extends Next<infer State, unknown> ? State : never

/** Refuses handlers whose {@link Next} has something else than the state. */
export type CheckedHandlers<State, Handlers> = {
  readonly [Name in keyof Handlers]: Handlers[Name] extends (...args: never[]) => infer Result
    ? [StateOf<Awaited<Result>>] extends [State]
      ? unknown
      : (state: State, ...args: never[]) => Next<State, unknown> | Promise<Next<State, unknown>>
    : unknown
}

/** What is known of the state that `codeChange` gets, unless it says more. */
export type FormerState = Record<string, unknown>

/** What a handler threw, and where. */
export interface ProcessFailure {
  /** Of the definition. */
  name: string
  /** Of the process; `null` for the one that the definition itself stands for. */
  id: string | null
  /** Whether somebody waits for an answer: a call is rejected with the error, a cast is not. */
  kind: 'call' | 'cast'
  /** Name of the call or cast. */
  message: string
}

/** What becomes of a process whose handler threw: it goes on with the state it has, or begins anew. */
export type FailurePolicy = 'reject' | 'restart'

/** Is told of an error, and may say what becomes of the process: nothing, which is `reject`, by default. */
export type FailureListener = (error: unknown, failure: ProcessFailure) => FailurePolicy | undefined

/** What an `init` is called with. */
export type InitArgs<Init> = Init extends (...args: infer Args) => unknown ? Args : never

/** The state that an `init` makes. */
export type InitState<Init> = Init extends (...args: never[]) => infer State ? Widened<Awaited<State>> : never

/** A state that begins as `0` is a number; one of several texts stays so. */
export type Widened<State> = [State] extends [object]
  ? State
  : [State] extends [boolean]
    ? boolean
    : [State] extends [Single<State>]
      ? State extends number
        ? number
        : State extends string
          ? string
          : State
      : State

/** What is no union; `never` for one. */
export type Single<Type, All = Type> = Type extends unknown ? ([All] extends [Type] ? Type : never) : never

/** What {@link defineProcess} is given; `Init` is the type of its `init`, all others follow from that. */
export interface ProcessSpec<Init, Calls, Casts, Former> {
  /** Unique in the application: by it a later version of the definition finds the living processes. */
  name: string
  /** Of the definition: what `codeChange` of a later one is told. */
  version: string
  /** Makes the state; with what `start` is given. May be asynchronous: messages wait for it. */
  init: Init
  /** What can be called: `call('increment', 2)` runs `increment(state, 2)`, and resolves to what that returns, or to the reply of a `next`. */
  calls?: Calls &
    ProcessHandlers<InitState<NoInfer<Init>>> &
    CheckedHandlers<InitState<NoInfer<Init>>, NoInfer<Calls>>
  /** What can be told without waiting for an answer. What such a handler returns is ignored, unless it is a `next`. */
  casts?: Casts &
    ProcessHandlers<InitState<NoInfer<Init>>> &
    CheckedHandlers<InitState<NoInfer<Init>>, NoInfer<Casts>>
  /**
   * Makes the state of this version from that of another, at an upgrade or a rollback. `extra` is what `hotUpgrade` was given. Without
   * it the state stays as it is.
   */
  codeChange?(
    oldVersion: string,
    state: Former,
    extra: unknown,
  ): InitState<NoInfer<Init>> | Promise<InitState<NoInfer<Init>>>
  /** Runs when the process stops, and before it begins anew. */
  terminate?(reason: unknown, state: InitState<NoInfer<Init>>): void | Promise<void>
  /**
   * Whether it moves to the new release's peer at an `upgrade()`, with its state and its waiting messages. All of these, its calls and
   * its answers must then be what `structuredClone` takes.
   */
  handoff?: boolean
  /** How many messages may wait; more wait for room. Default 1 000; `Infinity` is allowed. */
  mailbox?: number
  /** Milliseconds until a call that is not answered rejects. Default 5 000; `Infinity` for never. */
  callTimeout?: number
  /** Default `reject`. A function is told of each error, of calls and of casts, and may return one of the two. */
  onError?: FailurePolicy | FailureListener | ((error: unknown, failure: ProcessFailure) => void)
}

/**
 * What a process does: `starting` (`init` runs), `arriving` (its state is to come from the peer that this one replaces), `running`,
 * `suspended`, `restarting`, `stopping`.
 */
export type ProcessState = 'starting' | 'arriving' | 'running' | 'suspended' | 'restarting' | 'stopping'

/** A living process, as {@link processes} tells of it. */
export interface ProcessInfo {
  /** Of the definition. */
  name: string
  /** Of the process; `null` for the one that the definition itself stands for. */
  id: string | null
  /** Of the definition that it runs. */
  version: string
  state: ProcessState
  /** The call or cast that it handles now. */
  handling: string | null
  /** Messages in its mailbox. */
  mailbox: number
  /** Messages that wait for room in its mailbox. */
  waiting: number
}

/** A process, running or not. All of it can be kept: after an upgrade it reaches the same process. */
export interface Process<State, Args extends unknown[], Calls, Casts> {
  /** Of the definition. */
  readonly name: string
  /** `null` for the process that the definition itself stands for. */
  readonly id: string | null
  /**
   * Starts the process; resolves when `init` has.
   *
   * @param args what `init` gets.
   * @returns this handle.
   * @throws what `init` throws; `process_already_started`.
   */
  start(...args: Args): Promise<this>
  /**
   * Ends the process, when it has handled what came before; resolves when `terminate` has run. Called by one of its own handlers it
   * resolves at once. Where the process does not run, nothing happens.
   *
   * @param reason what `terminate` is told; `'normal'` by default.
   * @throws what `terminate` throws; the process has ended all the same.
   */
  stop(reason?: unknown): Promise<void>
  /**
   * Runs one of `calls`, when everything that came before is done.
   *
   * @param name which.
   * @param args what it gets after the state.
   * @returns what it returns, or the reply of its `next`.
   * @throws the very error that the handler threw; `process_not_running`; `call_timeout` after `callTimeout`; `process_calls_itself`.
   */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: HandlerArgs<Calls[Name]>
  ): Promise<HandlerReply<Calls[Name]>>
  /**
   * Has one of `casts` run, when everything that came before is done; resolves when the message is in the mailbox: at once while there
   * is room.
   *
   * @param name which.
   * @param args what it gets after the state.
   * @throws `process_not_running`.
   */
  cast<Name extends keyof Casts & string>(name: Name, ...args: HandlerArgs<Casts[Name]>): Promise<void>
  /**
   * The same process with another time for its calls.
   *
   * @param milliseconds until a call rejects with `call_timeout`; `Infinity` for never.
   */
  within(milliseconds: number): Pick<Process<State, Args, Calls, Casts>, 'call'>
  /** Resolves when the process has finished what it does; it then handles nothing until {@link Process.resume}. Messages wait. */
  suspend(): Promise<void>
  /** Goes on after {@link Process.suspend}, with everything that came meanwhile, in order. */
  resume(): Promise<void>
  /** The state between two messages: itself, not a copy. For tests and for looking into a process; also while it is suspended. */
  getState(): Promise<State>
  /**
   * Replaces the state between two messages.
   *
   * @param replacement the new state, or a function that makes it from the old one.
   */
  replaceState(replacement: State | ((state: State) => State)): Promise<void>
}

/** What {@link defineProcess} returns: the process of that name, and as many others of the same definition as there are ids. */
export interface DefinedProcess<State, Args extends unknown[], Calls, Casts>
  extends Process<State, Args, Calls, Casts> {
  /**
   * Another process of this definition, with a state of its own: one for each room, user, device. It is cheap, and starts nothing.
   *
   * @param id tells it from the others.
   */
  instance(id: string): Process<State, Args, Calls, Casts>
}
