import { now, pause } from '../../clock.ts'
import type { PeerInfo } from '../../rpc/exchange-contracts.ts'
import { alreadyStarted, nameOf, notRunning, warn } from '../failures.ts'
import { createInstance, type Definition, HELD_BY, type Instance, labelOf, runAs } from '../instance.ts'
import { begin, createMessage, limitTime } from '../operations.ts'
import { prepend } from '../queue.ts'
import { endInstance, running } from '../run.ts'
import {
  type CarriedMessage,
  hasCode,
  NAMES,
  type OperateArgs,
  type Taken,
  type Transfer,
  UNTIL_MOVED,
} from './contract.ts'
import type { MovingParts } from './moving.ts'

/** How long a peer that boots waits for the one that serves to say which processes it hands over. */
const ASK_MS = 5_000

/** What comes from the peer that this one replaces. */
export interface Arrivals {
  /** Starts a process, or waits for the one that lives in the other peer: that is the same, and goes on here. */
  start(definition: Definition, id: string | null, args: unknown[]): Promise<void>
  /** Whether processes of this definition may still come. */
  areExpected(name: string): boolean
  areOver(): boolean
  /** Resolves when nothing more comes. */
  over: Promise<void>
  /** This peer accepts connections: the other one is about to hand over. */
  serving(): void
  take(transfers: Transfer[]): Promise<Taken[]>
  answer(token: string): Promise<unknown> | undefined
  /** What somebody looks for in the other peer, and is told to find here. */
  operate(...args: OperateArgs): Promise<unknown>
}

export function createArrivals({ definitions, exchange, stage }: MovingParts): Arrivals {
  const over = Promise.withResolvers<void>()
  const answers = new Map<string, Promise<unknown>>()
  let names: ReadonlySet<string> = new Set()
  let isOver = false
  const asked = ask()

  const isExpected = (name: string) => !isOver && names.has(name)

  async function ask(): Promise<void> {
    try {
      const { outgoing } = await exchange.relatives()
      if (outgoing) names = new Set(await inTime(exchange.callPeer(outgoing, NAMES, []), outgoing))
    } catch (error) {
      // It has no such processes, or has just ended: nothing can come from there.
      if (!hasCode(error, 'not_exposed') && !hasCode(error, 'peer_gone')) warn('handoff of processes:', error)
    }
    if (names.size === 0) close()
    if (stage().stage === 'serving') serving()
  }

  function close(): void {
    isOver = true
    over.resolve()
  }

  function serving(): void {
    void asked.then(async () => {
      if (!isOver) end(await predecessorsMoved())
    })
  }

  /** Resolves when every peer that could hand over something has, or has ended; to the error of one that ended before. */
  async function predecessorsMoved(): Promise<unknown> {
    let failure: unknown = null
    try {
      for (const seen = new Set<number>(); ; ) {
        const { outgoing } = await exchange.relatives()
        if (!outgoing || seen.has(outgoing.pid)) return failure
        seen.add(outgoing.pid)
        await exchange.callPeer(outgoing, UNTIL_MOVED, []).catch((error: unknown) => {
          failure ??= error
        })
      }
    } catch (error) {
      return error
    }
  }

  /** Nothing more comes: what was waited for begins anew. */
  function end(failure: unknown): void {
    if (isOver) return
    close()
    // What waits in a peer that is leaving looks elsewhere.
    if (stage().stage === 'leaving' || stage().stage === 'stopping') return
    const missed = [...definitions.values()]
      .flatMap(({ instances }) => [...instances.values()])
      .filter(({ life }) => life.state === 'arriving')
    const started = missed.filter(({ isUnclaimed }) => !isUnclaimed)
    for (const instance of missed) if (instance.isUnclaimed) endInstance(instance, undefined)
    if (started[0] && failure !== null)
      warn(
        `${started.length} processes begin anew, such as ${nameOf(started[0])}, since their state did not come:`,
        failure,
      )
    for (const instance of started) beginAnew(instance)
  }

  async function adopt(transfer: Transfer): Promise<Taken> {
    const { name, id, args, isSuspended, messages } = transfer
    const definition = definitions.get(name)
    if (!definition?.spec.handoff) return 'unknown'
    const present = definition.instances.get(id)
    if (present && present.life.state !== 'arriving') return 'running'
    const instance = present ?? createInstance(definition, id, [])
    definition.instances.set(id, instance)
    instance.life = { state: 'starting' }
    if (!present) instance.isUnclaimed = true
    if (instance.isUnclaimed) instance.args = args ?? []
    if (isSuspended) instance.holds |= HELD_BY.user
    for (const message of messages.toReversed()) carry(instance, message)
    while (definition.gate) await definition.gate
    instance.spec = definition.spec
    if (await takeState(instance, transfer)) running(instance)
    else await begin(instance).catch(error => warn(`init of ${nameOf(instance)} failed:`, error))
    return 'taken'
  }

  /** A message that waited in the other peer comes before those that were sent here. */
  function carry(instance: Instance, { kind, name, args, timeout, token }: CarriedMessage): void {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const message = createMessage({ kind, name, args, timeout, resolve, reject })
    prepend(instance.queue, message)
    limitTime(instance, message)
    promise.catch(() => undefined)
    if (token !== null) answers.set(token, promise)
  }

  return {
    over: over.promise,
    areOver: () => isOver,
    areExpected: isExpected,
    serving,
    start: async (definition, id, args) => {
      const living = definition.instances.get(id)
      if (living && !living.isUnclaimed) throw alreadyStarted(living)
      const instance = living ?? createInstance(definition, id, args)
      instance.isUnclaimed = false
      instance.args = args
      if (!living) {
        instance.life = { state: 'arriving' }
        definition.instances.set(id, instance)
      }
      await asked
      if (instance.life.state === 'arriving' && !isExpected(definition.name)) await begin(instance)
    },
    take: transfers => Promise.all(transfers.map(adopt)),
    answer: token => {
      const answer = answers.get(token)
      answers.delete(token)
      return answer
    },
    operate: async (operation, name, id, args) => {
      const definition = definitions.get(name)
      if (!definition) throw notRunning(labelOf(name, id), `${operation}()`)
      const run = definition.operations[operation] as (...all: unknown[]) => Promise<unknown>
      return run(definition, id, ...args)
    },
  }
}

/** Whether the process has a state now. */
async function takeState(instance: Instance, { version, state }: Transfer): Promise<boolean> {
  if (state === null) return false
  const { spec } = instance
  const task = { kind: 'codeChange', since: now() } as const
  instance.task = task
  try {
    instance.state =
      spec.codeChange && spec.version !== version
        ? await runAs(task, () => spec.codeChange?.(version, state.value, undefined))
        : state.value
    return true
  } catch (error) {
    warn(
      `codeChange of ${nameOf(instance)} failed at a handoff from version ${version}; it begins anew:`,
      error,
    )
    return false
  }
}

/** Nobody waits for its start any more. */
function beginAnew(instance: Instance): void {
  begin(instance).catch(error => warn(`init of ${nameOf(instance)} failed:`, error))
}

async function inTime(asking: Promise<unknown>, { id }: PeerInfo): Promise<string[]> {
  const enough = new AbortController()
  const tooLate = pause(ASK_MS, enough.signal).then(() => {
    if (!enough.signal.aborted) warn(`peer ${id} does not say which processes it hands over; they begin anew`)
    return []
  })
  try {
    return (await Promise.race([asking, tooLate])) as string[]
  } finally {
    enough.abort()
  }
}
