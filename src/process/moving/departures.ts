import { aborted, now } from '../../clock.ts'
import type { PeerInfo } from '../../rpc/exchange-contracts.ts'
import { nameOf, warn } from '../failures.ts'
import {
  type Definition,
  HELD_BY,
  type Instance,
  isInside,
  isQuiet,
  onceQuiet,
  tellQuiet,
} from '../instance.ts'
import { type Operations, release } from '../operations.ts'
import { remove } from '../queue.ts'
import type { Arrivals } from './arrivals.ts'
import { ANSWER, hasCode, TAKE, type Taken } from './contract.ts'
import type { MovingParts } from './moving.ts'
import { type Packet, packetOf, withoutUncloneable } from './packet.ts'
import { createThere, follow } from './there.ts'

/** So many processes go at once. */
const BATCH = 500

/** What goes to the peer that replaces this one. */
export interface Departures {
  /** Moves everything; resolves when it has, and never rejects. `signal` ends the wait for processes that are busy. */
  leave(signal: AbortSignal): Promise<void>
  /** Resolves when nothing more goes. */
  over: Promise<void>
  /** Where processes are that are not here; `null` when nowhere else, since the other peer has no such definition. */
  operationsThere(definition: Definition): Operations | null
  /** Resolves when this process is here, or there, and not on its way. */
  whenMoved(instance: Instance | undefined): Promise<void> | undefined
  /** {@link Arrivals.take}, as long as this peer can pass on what it takes. */
  takeOrPass: Arrivals['take']
}

export function createDepartures(parts: MovingParts, arrivals: Arrivals): Departures {
  const { definitions, exchange, stage } = parts
  const over = Promise.withResolvers<void>()
  const there = createThere(parts)
  const moves = new Map<Instance, Promise<void>>()
  /** The next release does not have these: they live on here until this peer ends. */
  const staying = new Set<Definition>()
  let hasLeft = false

  const movable = () => [...definitions.values()].filter(each => each.spec.handoff && !staying.has(each))

  async function leaveAll(signal: AbortSignal): Promise<void> {
    const where = stage()
    const isReplaced = where.stage === 'leaving' && where.to === 'incoming'
    const enough = aborted(signal)
    if (isReplaced) await moveAll(signal, enough)
    // Whom this one was to replace serves on, and hands over nothing.
    if (isReplaced) await Promise.race([arrivals.over, enough])
    // What has come in the meantime passes through; what has not come is not here.
    for (const { instances } of movable())
      for (const instance of instances.values()) if (instance.life.state === 'arriving') gone(instance)
    if (isReplaced) await moveAll(signal, enough)
  }

  async function moveAll(signal: AbortSignal, enough: Promise<void>): Promise<void> {
    const quiet: Instance[] = []
    const busy: Instance[] = []
    for (const { instances } of movable()) {
      for (const instance of instances.values()) {
        if (instance.stopping || instance.life.state === 'arriving') continue
        instance.holds |= HELD_BY.moving
        if (isQuiet(instance)) quiet.push(instance)
        else busy.push(instance)
      }
    }
    const moving = [
      moveBatches(quiet, signal),
      ...busy.map(async instance => {
        await Promise.race([whenQuiet(instance), enough])
        await moveBatches([instance], signal)
      }),
    ]
    for (const instance of quiet) moves.set(instance, moving[0] as Promise<void>)
    for (const [index, instance] of busy.entries()) moves.set(instance, moving[index + 1] as Promise<void>)
    await Promise.all(moving)
  }

  async function moveBatches(instances: Instance[], signal: AbortSignal): Promise<void> {
    const packets: Packet[] = []
    for (const instance of instances) {
      if (instance.life.state === 'ended') continue
      if (instance.stopping) release(instance, HELD_BY.moving)
      else if (!isQuiet(instance))
        lose(instance, 'its handler was still running when the time of this peer was over')
      else {
        // From now on nothing may change the state here.
        instance.task = { kind: 'handoff', since: now() }
        packets.push(packetOf(instance))
      }
    }
    for (let at = 0; at < packets.length; at += BATCH) await move(packets.slice(at, at + BATCH), signal)
  }

  async function move(packets: Packet[], signal: AbortSignal, areChecked = false): Promise<void> {
    try {
      const { to, taken } = await deliver(packets, signal)
      for (const [index, packet] of packets.entries()) settle(packet, taken[index] ?? 'unknown', to)
    } catch (error) {
      const [packet, ...more] = packets
      if (packet === undefined) return
      if (!hasCode(error, 'not_cloneable') || areChecked) {
        warn(`${nameOf(packet.instance)} stays in the outgoing peer:`, error)
        for (const { instance } of packets) stay(instance)
      } else if (more.length > 0) for (const one of packets) await move([one], signal)
      else await move([await withoutUncloneable(packet)], signal, true)
    }
  }

  /** As often as it takes: the other peer may crash meanwhile, and be started again. */
  async function deliver(packets: Packet[], signal: AbortSignal): Promise<{ to: PeerInfo; taken: Taken[] }> {
    const transfers = packets.map(({ transfer }) => transfer)
    for (let hasCrashed = false; ; ) {
      const to = await there.destination(signal)
      try {
        const taken = (await exchange.callPeer(to, TAKE, [transfers])) as Taken[]
        if (taken[0] !== 'left') return { to, taken }
      } catch (error) {
        if (hasCode(error, 'peer_gone') && !signal.aborted) hasCrashed = true
        // Nobody there has a process; one that has just been started again may not have got so far.
        else if (hasCode(error, 'not_exposed') && !(hasCrashed && !signal.aborted))
          return { to, taken: transfers.map(() => 'unknown') }
        else if (!hasCode(error, 'not_exposed')) throw error
      }
      await there.pause(signal)
    }
  }

  function settle({ instance, transfer, carried }: Packet, taken: Taken, to: PeerInfo): void {
    switch (taken) {
      case 'taken':
        gone(instance, () => {
          for (const [index, message] of carried.entries()) {
            const token = transfer.messages[index]?.token ?? null
            remove(instance.queue, message)
            if (token === null) message.resolve()
            else follow(message, exchange.callPeer(to, ANSWER, [token]))
          }
        })
        return
      case 'unknown':
        stay(instance)
        return
      case 'running':
      case 'left':
        lose(instance, 'the new release had started it by itself')
        return
      default: {
        const unreachable: never = taken
        throw new Error(`unknown answer ${unreachable}`)
      }
    }
  }

  function stay(instance: Instance): void {
    staying.add(instance.definition)
    instance.task = null
    tellQuiet(instance)
    release(instance, HELD_BY.moving)
  }

  function lose(instance: Instance, why: string): void {
    warn(`the state of ${nameOf(instance)} is lost at the handoff: ${why}`)
    gone(instance)
  }

  /** It is not here any more: what waited for it goes on there, in order. */
  function gone(instance: Instance, first?: () => void): void {
    const { definition, id, queue, stopping } = instance
    instance.life = { state: 'ended', why: undefined }
    instance.task = null
    instance.state = undefined
    definition.instances.delete(id)
    first?.()
    for (let message = queue.first; message; message = queue.first) {
      remove(queue, message)
      const { kind, name, args, timeout } = message
      const sent =
        kind === 'call'
          ? there.call(definition, id, name, args, timeout)
          : there.cast(definition, id, name, args)
      follow(message, sent)
    }
    if (stopping)
      there.stop(definition, id, stopping.reason).then(stopping.ended.resolve, stopping.ended.reject)
    tellQuiet(instance)
  }

  return {
    leave: async signal => {
      try {
        await leaveAll(signal)
      } catch (error) {
        warn('the handoff of processes failed:', error)
      } finally {
        hasLeft = true
        over.resolve()
      }
    },
    over: over.promise,
    operationsThere: definition => (staying.has(definition) ? null : there),
    // What it does now may ask for something itself: that does not wait for its own end.
    whenMoved: instance => (instance && !isInside(instance) ? moves.get(instance) : undefined),
    takeOrPass: async transfers => (hasLeft ? transfers.map(() => 'left') : arrivals.take(transfers)),
  }
}

const whenQuiet = (instance: Instance) => new Promise<void>(resolve => onceQuiet(instance, resolve))
