import { AsyncLocalStorage } from 'node:async_hooks'
import { alreadyStarted, callsItself, callTimedOut, nameOf, notRunning } from './failures.ts'
import {
  createInstance,
  type Definition,
  HELD_BY,
  type Instance,
  isInside,
  labelOf,
  type Message,
  onceQuiet,
} from './instance.ts'
import { append } from './queue.ts'
import { endInstance, refuse, runInit, running, takeOut, wake } from './run.ts'

/** What can be done with the process of an id; where it is. */
export interface Operations {
  start(definition: Definition, id: string | null, args: unknown[]): Promise<void>
  stop(definition: Definition, id: string | null, reason: unknown): Promise<void>
  call(
    definition: Definition,
    id: string | null,
    name: string,
    args: unknown[],
    timeout: number,
  ): Promise<unknown>
  cast(definition: Definition, id: string | null, name: string, args: unknown[]): Promise<void>
  suspend(definition: Definition, id: string | null): Promise<void>
  resume(definition: Definition, id: string | null): Promise<void>
  getState(definition: Definition, id: string | null): Promise<unknown>
  replaceState(definition: Definition, id: string | null, replacement: unknown): Promise<void>
}

/** In this very Node.js process. */
export const here: Operations = {
  start,
  stop,
  call: (definition, id, name, args, timeout) => send(definition, id, 'call', name, args, timeout),
  cast: (definition, id, name, args) => send(definition, id, 'cast', name, args, Infinity) as Promise<void>,
  suspend,
  resume: async (definition, id) => release(livingInstance(definition, id, 'resume()'), HELD_BY.user),
  getState,
  replaceState,
}

async function start(definition: Definition, id: string | null, args: unknown[]): Promise<void> {
  const living = definition.instances.get(id)
  if (living) throw alreadyStarted(living)
  const instance = createInstance(definition, id, args)
  definition.instances.set(id, instance)
  await begin(instance)
}

/** Gives a new process its state, by `init`. */
export async function begin(instance: Instance): Promise<void> {
  const { definition } = instance
  instance.life = { state: 'starting' }
  while (definition.gate) await definition.gate
  instance.spec = definition.spec
  try {
    await runInit(instance)
  } catch (error) {
    endInstance(instance, error)
    throw error
  }
  running(instance)
}

async function stop(definition: Definition, id: string | null, reason: unknown): Promise<void> {
  const instance = definition.instances.get(id)
  if (!instance) return
  instance.stopping ??= { reason, ended: Promise.withResolvers() }
  wake(instance)
  const { promise } = instance.stopping.ended
  if (!isInside(instance)) await promise
  else promise.catch(error => process.emitWarning(error instanceof Error ? error : String(error)))
}

/** Sends a message; resolves or rejects with what {@link Message.resolve} says. */
function send(
  definition: Definition,
  id: string | null,
  kind: Message['kind'],
  name: string,
  args: unknown[],
  timeout: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const instance = livingInstance(definition, id, `${kind}(${JSON.stringify(name)})`)
    const message = createMessage({ kind, name, args, timeout, resolve, reject })
    if (instance.stopping) refuse(instance, message)
    else enqueue(instance, message)
  })
}

export const createMessage = (
  what: Pick<Message, 'kind' | 'name' | 'args' | 'timeout' | 'resolve' | 'reject'>,
): Message => ({
  before: null,
  after: null,
  place: 'none',
  asSender: AsyncLocalStorage.snapshot(),
  timer: undefined,
  ...what,
})

function enqueue(instance: Instance, message: Message): void {
  const { queue, spec } = instance
  const { kind, name } = message
  const isFull = queue.firstWaiting !== null || queue.accepted >= spec.mailbox
  if ((kind === 'call' || isFull) && isInside(instance))
    throw callsItself(instance, `${kind}(${JSON.stringify(name)})`)
  limitTime(instance, message)
  if (append(queue, message, spec.mailbox) && kind === 'cast') message.resolve()
  wake(instance)
}

/** The time of a call begins. The timer is not unreferenced: who waits for an answer is not done. */
export function limitTime(instance: Instance, message: Message): void {
  const { timeout } = message
  if (timeout !== Infinity) message.timer = setTimeout(expire, timeout, instance, message)
}

function expire(instance: Instance, message: Message): void {
  message.reject(callTimedOut(instance, message))
  takeOut(instance, message)
}

async function suspend(definition: Definition, id: string | null): Promise<void> {
  const instance = livingInstance(definition, id, 'suspend()')
  if (isInside(instance)) throw callsItself(instance, 'suspend()')
  instance.holds |= HELD_BY.user
  await quiet(instance, 'suspend()')
}

/** Lets a process go on, unless somebody else holds it too. */
export function release(instance: Instance, heldBy: number): void {
  instance.holds &= ~heldBy
  wake(instance)
}

async function getState(definition: Definition, id: string | null): Promise<unknown> {
  const instance = livingInstance(definition, id, 'getState()')
  if (isInside(instance)) throw callsItself(instance, 'getState()')
  let state: unknown
  await quiet(instance, 'getState()', () => {
    state = instance.state
  })
  return state
}

async function replaceState(definition: Definition, id: string | null, replacement: unknown): Promise<void> {
  const instance = livingInstance(definition, id, 'replaceState()')
  if (isInside(instance)) throw callsItself(instance, 'replaceState()')
  await quiet(instance, 'replaceState()', () => {
    instance.state = typeof replacement === 'function' ? replacement(instance.state) : replacement
  })
}

/** Resolves when the process does nothing, with `act` done at that very moment: the next message may begin right after it. */
function quiet(instance: Instance, what: string, act?: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    onceQuiet(instance, () => {
      if (instance.life.state === 'ended') {
        reject(notRunning(nameOf(instance), what, instance.life.why))
        return
      }
      try {
        act?.()
        resolve()
      } catch (error) {
        reject(error)
      }
    })
  })
}

function livingInstance(definition: Definition, id: string | null, what: string): Instance {
  const instance = definition.instances.get(id)
  if (instance) return instance
  throw notRunning(labelOf(definition.name, id), what)
}
