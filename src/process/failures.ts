import { inspect } from 'node:util'
import { now } from '../clock.ts'
import { BeamDeployError, type BeamDeployErrorCode } from '../errors.ts'
import { type Instance, labelOf, type Message } from './instance.ts'

const failure = (code: BeamDeployErrorCode, message: string, cause?: unknown) =>
  new BeamDeployError(code, message, { phase: 'control', ...(cause !== undefined && { cause }) })

export const nameOf = ({ definition, id }: Instance) => labelOf(definition.name, id)

/** @param what was asked of it, such as `call("increment")`. */
export const notRunning = (label: string, what: string, cause?: unknown) =>
  failure(
    'process_not_running',
    cause === undefined
      ? `${what}: ${label} is not running. Start it first, with await start().`
      : `${what}: ${label} has ended, since it failed. Look at the cause, and start it again.`,
    cause,
  )

export const isStopping = (label: string, what: string) =>
  failure(
    'process_not_running',
    `${what}: ${label} is stopping. Call it before its stop(), or start it again.`,
  )

export const alreadyStarted = (instance: Instance) =>
  failure(
    'process_already_started',
    instance.stopping
      ? `${nameOf(instance)} is still stopping. Start it again when its stop() has resolved.`
      : `${nameOf(instance)} runs already. Use it as it is, or stop it first; another one of the same definition is instance(id).`,
  )

export const alreadyDefined = (name: string, version: string) =>
  failure(
    'process_already_defined',
    `process ${name} is defined already, with version ${version}. Give each definition a name of its own, and ` +
      'import its module wherever it is needed, always by the same path. (A hot upgrade may define it anew.)',
  )

export const callsItself = (instance: Instance, what: string) =>
  failure(
    'process_calls_itself',
    `${what}: ${nameOf(instance)} would wait for itself, since its own handler is still running. ` +
      'Change the state in the handler, or do it without waiting when the handler has ended.',
  )

export const unknownMessage = (instance: Instance, { kind, name }: Pick<Message, 'kind' | 'name'>) => {
  const handlers = kind === 'call' ? instance.spec.calls : instance.spec.casts
  const names = Object.keys(handlers)
  const found = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none'
  return failure(
    'unknown_message',
    `${nameOf(instance)} (version ${instance.spec.version}) has no ${kind} ${JSON.stringify(name)}: ${found}.`,
  )
}

/** Says what the call waited for. */
export function callTimedOut(instance: Instance, message: Message): BeamDeployError {
  const { name, timeout } = message
  return failure(
    'call_timeout',
    `call(${JSON.stringify(name)}) of ${nameOf(instance)} was not answered within ${timeout} ms: ` +
      `${whatHolds(instance, message)}. Give it more time with callTimeout or within(), or have the process do less.`,
  )
}

function whatHolds(instance: Instance, message: Message): string {
  const { task, holds, life, queue } = instance
  if (task === message) return 'its handler is still running, and its answer will be lost'
  const behind = `${queue.accepted + queue.waiting} messages wait`
  if (task && 'name' in task)
    return `the process is still handling ${JSON.stringify(task.name)}, and ${behind}`
  if (task) return `its ${task.kind} has been running for ${Math.round(now() - task.since)} ms`
  if (life.state === 'starting') return 'it has not started yet'
  if (life.state === 'arriving')
    return (
      'its state is still in the peer that this one replaces, and comes at the cutover. ' +
      'What the application does before it listens must not wait for it'
    )
  return holds === 0 ? behind : 'the process is suspended'
}

/** What nobody waits for is told to everybody, with where it came from. */
export function warn(what: string, error?: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : inspect(error)
  process.emitWarning(error === undefined ? what : `${what}\n${detail}`, 'BeamDeployWarning')
}
