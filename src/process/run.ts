import { now } from '../clock.ts'
import { isStopping, nameOf, notRunning, unknownMessage, warn } from './failures.ts'
import { type Instance, isThenable, type Message, runAs, tellQuiet } from './instance.ts'
import { isNext } from './next.ts'
import { admit, remove } from './queue.ts'
import type { FailurePolicy } from './types.ts'

/** Messages that all processes together handle before the event loop has its turn: who only waits for answers would hold it up. */
const A_TURN = 1_000
/** As a supervisor in Erlang: a process that fails more often than this ends. */
const RESTARTS = 3
const RESTARTS_WITHIN_MS = 5_000

/** To be called when there may be something to do: a message, a stop, the end of a task or of a suspension. */
export function wake(instance: Instance): void {
  if (instance.awake || !isFree(instance)) return
  if (instance.queue.first === null && instance.stopping === null) return
  instance.awake = true
  if (handledInTurn < A_TURN) queueMicrotask(() => work(instance))
  else setImmediate(work, instance)
}

let handledInTurn = 0

function countMessage(): void {
  if (handledInTurn === 0) {
    setImmediate(() => {
      handledInTurn = 0
    })
  }
  handledInTurn += 1
}

const isFree = ({ life, task, holds }: Instance) => life.state === 'running' && task === null && holds === 0

function work(instance: Instance): void {
  instance.awake = false
  while (isFree(instance)) {
    if (handledInTurn >= A_TURN) {
      wake(instance)
      return
    }
    const message = instance.queue.first
    if (message) handle(instance, message)
    else {
      if (instance.stopping) void terminate(instance, instance.stopping)
      return
    }
  }
}

/** Takes a message out of the queue, and lets those in that waited for room. */
export function takeOut(instance: Instance, message: Message): void {
  remove(instance.queue, message)
  admitWaiting(instance)
}

function admitWaiting({ queue, spec }: Instance): void {
  for (let next = admit(queue, spec.mailbox); next; next = admit(queue, spec.mailbox)) {
    if (next.kind === 'cast') next.resolve()
  }
}

function handle(instance: Instance, message: Message): void {
  takeOut(instance, message)
  countMessage()
  instance.task = message
  const { asSender } = message
  // What the handler sends remembers the handler's message: together they would be a chain without end.
  message.asSender = null
  let result: unknown
  try {
    result = asSender?.(runHandler, instance, message)
  } catch (error) {
    failed(instance, message, error)
    return
  }
  if (!isThenable(result)) {
    succeeded(instance, message, result)
    return
  }
  Promise.resolve(result).then(
    value => {
      succeeded(instance, message, value)
      wake(instance)
    },
    error => {
      failed(instance, message, error)
      wake(instance)
    },
  )
}

function runHandler(instance: Instance, message: Message): unknown {
  const handlers = instance.spec[message.kind === 'call' ? 'calls' : 'casts']
  const handler = Object.hasOwn(handlers, message.name) ? handlers[message.name] : undefined
  if (handler === undefined) throw unknownMessage(instance, message)
  return runAs(message, () => Reflect.apply(handler, handlers, [instance.state, ...message.args]))
}

function succeeded(instance: Instance, message: Message, result: unknown): void {
  instance.task = null
  if (isNext(result)) instance.state = result.state
  if (message.kind === 'call') {
    clearTimeout(message.timer)
    message.resolve(isNext(result) ? result.reply : result)
  }
  tellQuiet(instance)
}

function failed(instance: Instance, message: Message, error: unknown): void {
  const policy = policyOf(instance, message, error)
  if (message.kind === 'call') {
    clearTimeout(message.timer)
    message.reject(error)
  } else if (typeof instance.spec.onError !== 'function') {
    warn(
      `cast(${JSON.stringify(message.name)}) of ${nameOf(instance)} failed; nobody waits for its answer:`,
      error,
    )
  }
  if (policy === 'restart') void restart(instance, error)
  else {
    instance.task = null
    tellQuiet(instance)
  }
}

function policyOf(instance: Instance, { kind, name: message }: Message, error: unknown): FailurePolicy {
  const { definition, id, spec } = instance
  if (typeof spec.onError !== 'function') return spec.onError
  try {
    const policy = spec.onError(error, { name: definition.name, id, kind, message })
    return policy === 'restart' ? policy : 'reject'
  } catch (thrown) {
    warn(`onError of ${nameOf(instance)} threw:`, thrown)
    return 'reject'
  }
}

/** Begins anew with the same arguments; what waits in the mailbox stays there. */
async function restart(instance: Instance, reason: unknown): Promise<void> {
  instance.life = { state: 'restarting' }
  await runTerminate(instance, reason).catch(error => warn(`terminate of ${nameOf(instance)} failed:`, error))
  for (let cause = reason; ; ) {
    if (!mayRestart(instance)) {
      warn(
        `${nameOf(instance)} has ended: it failed more than ${RESTARTS} times within ${RESTARTS_WITHIN_MS} ms.`,
        cause,
      )
      endInstance(instance, cause)
      return
    }
    try {
      await runInit(instance)
      break
    } catch (error) {
      cause = error
    }
  }
  running(instance)
}

function mayRestart(instance: Instance): boolean {
  const recent = (instance.restarts ?? []).filter(at => now() - at < RESTARTS_WITHIN_MS)
  instance.restarts = [...recent, now()]
  return recent.length < RESTARTS
}

/** Makes the state. */
export async function runInit(instance: Instance): Promise<void> {
  const task = { kind: 'init', since: now() } as const
  instance.task = task
  const made = runAs(task, () => instance.spec.init(...instance.args))
  instance.state = isThenable(made) ? await made : made
}

/** It has its state, and handles what has come. */
export function running(instance: Instance): void {
  instance.task = null
  instance.life = { state: 'running' }
  tellQuiet(instance)
  wake(instance)
}

async function runTerminate(instance: Instance, reason: unknown): Promise<void> {
  const task = { kind: 'terminate', since: now() } as const
  instance.task = task
  await runAs(task, () => instance.spec.terminate?.(reason, instance.state))
}

async function terminate(
  instance: Instance,
  { reason, ended }: NonNullable<Instance['stopping']>,
): Promise<void> {
  try {
    await runTerminate(instance, reason)
  } catch (error) {
    ended.reject(error)
  }
  endInstance(instance, undefined)
}

/** It is gone; what has not been handled is rejected. `why` is an error that ended it. */
export function endInstance(instance: Instance, why: unknown): void {
  const { definition, id, queue } = instance
  instance.life = { state: 'ended', why }
  instance.task = null
  instance.state = undefined
  definition.instances.delete(id)
  for (let message = queue.first; message; message = queue.first) {
    remove(queue, message)
    refuse(instance, message)
  }
  instance.stopping?.ended.resolve()
  tellQuiet(instance)
}

/** Rejects a message that will not be handled. */
export function refuse(instance: Instance, message: Message): void {
  clearTimeout(message.timer)
  const what = `${message.kind}(${JSON.stringify(message.name)})`
  const { life } = instance
  message.reject(
    life.state === 'ended'
      ? notRunning(nameOf(instance), what, life.why)
      : isStopping(nameOf(instance), what),
  )
}
