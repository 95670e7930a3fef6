import { AsyncLocalStorage } from 'node:async_hooks'
import type { Operations } from './operations.ts'
import { createQueue, type Queue, type Queued } from './queue.ts'
import type { Spec } from './spec.ts'

/** A definition and the processes that live by it. Its handles look it up at each message. */
export interface Definition {
  readonly name: string
  /** What processes run that are started from now on. */
  spec: Spec
  readonly instances: Map<string | null, Instance>
  /** Where its processes are. */
  operations: Operations
  /** While it is staged: who starts waits for the end. */
  gate: Promise<void> | null
}

/** What a process does now; it does one thing at a time. */
export type Task =
  | Message
  | { readonly kind: 'init' | 'terminate' | 'codeChange' | 'handoff'; readonly since: number }

/** A call or a cast, from when it is sent. */
export interface Message extends Queued {
  readonly kind: 'call' | 'cast'
  readonly name: string
  readonly args: unknown[]
  /** Milliseconds until its sender gives up; `Infinity` for never. */
  readonly timeout: number
  /** Runs a function with the sender's `AsyncLocalStorage`s; `null` once it is handled. */
  asSender: ReturnType<typeof AsyncLocalStorage.snapshot> | null
  /** Of a call: its answer. Of a cast: it is accepted. */
  resolve(value?: unknown): void
  reject(error: unknown): void
  timer: NodeJS.Timeout | undefined
}

/** Who has suspended a process: bits of `holds`. */
export const HELD_BY = { user: 1, staging: 2, moving: 4 } as const

export type Life =
  | { state: 'starting' }
  /** Its state is to come from the peer that this one replaces. */
  | { state: 'arriving' }
  | { state: 'running' }
  /** Begins anew after an error. */
  | { state: 'restarting' }
  | { state: 'ended'; why: unknown }

/** Asked to stop: it handles what came before. */
export interface Stopping {
  reason: unknown
  ended: PromiseWithResolvers<void>
}

/** One process. 10 000 of them are usual: no timers, no closures, no promises of its own. */
export interface Instance {
  readonly definition: Definition
  readonly id: string | null
  spec: Spec
  args: unknown[]
  state: unknown
  life: Life
  stopping: Stopping | null
  /** Whether it is here, or is to come, without anybody having started it here. */
  isUnclaimed: boolean
  task: Task | null
  holds: number
  readonly queue: Queue<Message>
  /** To run when it has finished what it does. */
  whenQuiet: (() => void)[] | null
  /** Whether it will look into its queue in a moment. */
  awake: boolean
  /** When it began anew; the latest of these. */
  restarts: number[] | null
}

export const createInstance = (definition: Definition, id: string | null, args: unknown[]): Instance => ({
  definition,
  id,
  spec: definition.spec,
  args,
  state: undefined,
  life: { state: 'starting' },
  stopping: null,
  isUnclaimed: false,
  task: null,
  holds: 0,
  queue: createQueue(),
  whenQuiet: null,
  awake: false,
  restarts: null,
})

/** What it is called in messages. */
export const labelOf = (name: string, id: string | null) =>
  id === null ? `process ${name}` : `process ${name} ${JSON.stringify(id)}`

/** The task that the running code belongs to. */
const inside = new AsyncLocalStorage<Task>()

/** Runs a function of the application as `task`, so that it can be found out when it waits for itself. */
export const runAs = <Result>(task: Task, run: () => Result): Result => inside.run(task, run)

/** Whether this is called by what the process does now. Code that its handlers left running does not count: it may wait. */
export function isInside(instance: Instance): boolean {
  return instance.task !== null && inside.getStore() === instance.task
}

/** Whether the running code is a task that nobody waits for the answer of. */
export function isAtWork(): boolean {
  const task = inside.getStore()
  return task !== undefined && task.kind !== 'call'
}

export const isQuiet = ({ life, task }: Instance): boolean => life.state === 'running' && task === null

/** Whether it runs an older definition than its own by now: an upgrade has not been able to take it along. */
export const isBehind = ({ spec, definition }: Instance): boolean => spec !== definition.spec

/** Runs `act` when the process does nothing: at once where that is so. It may have ended. */
export function onceQuiet(instance: Instance, act: () => void): void {
  if (isQuiet(instance) || instance.life.state === 'ended') act()
  else if (instance.whenQuiet) instance.whenQuiet.push(act)
  else instance.whenQuiet = [act]
}

/** To be called whenever a task has ended. */
export function tellQuiet(instance: Instance): void {
  const acts = instance.whenQuiet
  if (acts === null) return
  instance.whenQuiet = null
  for (const act of acts) act()
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
