/** What `next` returns. */
export interface Next<State, Reply = undefined> {
  readonly $beamDeploy: 'next'
  readonly state: State
  readonly reply: Reply
}

/**
 * Returned by a call or a cast of a process whose state is to be replaced instead of changed.
 *
 * @param state the new state.
 * @param reply what a call is answered with; nothing by default.
 *
 * @example
 * ```js
 * import { defineProcess, next } from 'beam-deploy/process'
 *
 * export const counter = defineProcess({
 *   name: 'counter',
 *   version: '1',
 *   init: () => 0,
 *   calls: { increment: count => next(count + 1, `it was ${count}`) },
 *   casts: { reset: () => next(0) },
 * })
 * ```
 */
export function next<State, Reply = undefined>(state: State, reply?: Reply): Next<State, Reply> {
  return { $beamDeploy: 'next', state, reply: reply as Reply }
}

/** By its mark, not by its class: it may come from another copy of this package. */
export function isNext(value: unknown): value is Next<unknown, unknown> {
  return typeof value === 'object' && value !== null && '$beamDeploy' in value && value.$beamDeploy === 'next'
}
