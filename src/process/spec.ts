import { MAX_TIMER_MS } from '../clock.ts'
import { BeamDeployError } from '../errors.ts'
import type { FailurePolicy, ProcessFailure } from './types.ts'

type Handlers = Readonly<Record<string, (state: unknown, ...args: unknown[]) => unknown>>

/** What `defineProcess` was given, whatever its types, with the defaults. */
export interface Spec {
  readonly name: string
  readonly version: string
  readonly init: (...args: unknown[]) => unknown
  readonly calls: Handlers
  readonly casts: Handlers
  readonly codeChange: ((oldVersion: string, state: unknown, extra: unknown) => unknown) | undefined
  readonly terminate: ((reason: unknown, state: unknown) => unknown) | undefined
  readonly handoff: boolean
  readonly mailbox: number
  readonly callTimeout: number
  readonly onError: FailurePolicy | ((error: unknown, failure: ProcessFailure) => unknown)
}

const MAILBOX = 1_000
const CALL_TIMEOUT_MS = 5_000

type Given = { readonly [Key in keyof Spec]?: unknown }

/** @throws `invalid_option`, naming the process and the option. */
export function readSpec(given: Given): Spec {
  if (typeof given !== 'object' || given === null) throw invalid('defineProcess', 'needs an object')
  const { name } = given
  if (typeof name !== 'string' || name === '') throw invalid('defineProcess', 'needs a name')
  const process = `process ${name}`
  if (typeof given.version !== 'string') throw invalid(process, 'needs a version, as text')
  for (const key of ['calls', 'casts'] as const) checkHandlers(process, key, given[key])
  for (const key of ['codeChange', 'terminate'] as const) {
    if (given[key] !== undefined) checkFunction(process, key, given[key])
  }
  checkFunction(process, 'init', given.init)
  const { handoff = false, mailbox = MAILBOX, callTimeout = CALL_TIMEOUT_MS, onError = 'reject' } = given
  if (typeof handoff !== 'boolean') throw invalid(process, 'handoff must be true or false')
  if (typeof onError !== 'function' && onError !== 'reject' && onError !== 'restart')
    throw invalid(process, "onError must be 'reject', 'restart' or a function")
  if (mailbox !== Infinity && !(Number.isInteger(mailbox) && Number(mailbox) > 0))
    throw invalid(process, 'mailbox must be a whole number from 1, or Infinity')
  checkTimeout(process, 'callTimeout', callTimeout)
  // By the object that was given, so that a method finds the others by `this`.
  return Object.assign(Object.create(given), {
    calls: given.calls ?? {},
    casts: given.casts ?? {},
    handoff,
    mailbox,
    callTimeout,
    onError,
  }) as Spec
}

export function checkTimeout(who: string, key: string, value: unknown): asserts value is number {
  if (value === Infinity || (typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS)) return
  throw invalid(who, `${key} must be milliseconds above 0, at most ${MAX_TIMER_MS}, or Infinity`)
}

function checkHandlers(process: string, key: string, handlers: unknown): void {
  if (handlers === undefined) return
  if (typeof handlers !== 'object' || handlers === null)
    throw invalid(process, `${key} must be an object of functions`)
  for (const [name, handler] of Object.entries(handlers)) checkFunction(process, `${key}.${name}`, handler)
}

function checkFunction(process: string, key: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid(process, `${key} must be a function`)
}

const invalid = (who: string, what: string) =>
  new BeamDeployError('invalid_option', `${who}: ${what}.`, { phase: 'control' })
