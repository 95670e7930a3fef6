import { table } from './process/table.ts'
import type {
  DefinedProcess,
  FormerState,
  InitArgs,
  InitState,
  ProcessInfo,
  ProcessSpec,
} from './process/types.ts'

export { type Next, next } from './process/next.ts'
export type {
  CheckedHandlers,
  DefinedProcess,
  FailureListener,
  FailurePolicy,
  FormerState,
  HandlerArgs,
  HandlerReply,
  InitArgs,
  InitState,
  Process,
  ProcessFailure,
  ProcessHandlers,
  ProcessInfo,
  ProcessSpec,
  ProcessState,
  ReplyOf,
  Single,
  StateOf,
  Widened,
} from './process/types.ts'

/**
 * Defines a stateful process: a state that only its own functions change, one message at a time, as a GenServer of Erlang and Elixir.
 * It goes on over upgrades. All types follow from what is given.
 *
 * @param spec its name and version, how its state begins, and what can be done with it.
 * @returns a handle of the process of that name, which is not started yet; `instance(id)` of it are further ones.
 * @throws {BeamDeployError} `process_already_defined` where the name is taken; `invalid_option`.
 *
 * @example
 * ```ts
 * import { defineProcess, next } from 'beam-deploy/process'
 *
 * export const counter = defineProcess({
 *   name: 'counter',
 *   version: '1',
 *   init: () => ({ count: 0 }),
 *   calls: {
 *     increment(state, by: number) {
 *       state.count += by
 *       return state.count
 *     },
 *   },
 *   casts: { reset: () => next({ count: 0 }) },
 * })
 *
 * await counter.start()
 * const count: number = await counter.call('increment', 2)
 * ```
 */
export function defineProcess<
  Init extends (...args: never[]) => unknown,
  Calls = Record<never, never>,
  Casts = Record<never, never>,
  Former = FormerState,
>(
  spec: ProcessSpec<Init, Calls, Casts, Former>,
): DefinedProcess<InitState<Init>, InitArgs<Init>, Calls, Casts> {
  return table().define(spec) as DefinedProcess<InitState<Init>, InitArgs<Init>, Calls, Casts>
}

/**
 * Every living process, in the order of their definitions.
 *
 * @returns what each of them does now.
 *
 * @example
 * ```js
 * import { processes } from 'beam-deploy/process'
 *
 * for (const { name, id, state, mailbox } of processes()) console.log(name, id, state, mailbox)
 * ```
 */
export function processes(): ProcessInfo[] {
  return table().processes()
}
