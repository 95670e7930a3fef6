import { now, pause } from '../../clock.ts'
import { BeamDeployError, messageOf } from '../../errors.ts'
import type { PeerInfo } from '../../rpc/exchange-contracts.ts'
import { type Definition, labelOf, type Message } from '../instance.ts'
import type { Operations } from '../operations.ts'
import { hasCode, OPERATE, thrownThere } from './contract.ts'
import type { MovingParts } from './moving.ts'

const RETRY_MS = 50
/** How long a peer is looked for that has crashed and is being started again. */
const LOOK_FOR_MS = 5_000

/** The other peer, with the processes that are there now. */
export interface There extends Operations {
  /** @throws `peer_gone` when there is none in reasonable time. */
  destination(signal?: AbortSignal): Promise<PeerInfo>
  pause(signal: AbortSignal): Promise<void>
}

/** Asks for the other peer each time: with upgrades in a row it is not always the same. */
export function createThere({ exchange, stage }: MovingParts): There {
  async function destination(signal?: AbortSignal): Promise<PeerInfo> {
    for (const until = now() + LOOK_FOR_MS; ; ) {
      const where = stage()
      const to = 'to' in where ? (await exchange.relatives())[where.to] : null
      if (to) return to
      if (now() > until || signal?.aborted || where.stage === 'stopping') {
        throw new BeamDeployError('peer_gone', 'there is no peer that takes the place of this one', {
          phase: 'drain',
        })
      }
      await pause(RETRY_MS, signal)
    }
  }

  async function operate(
    operation: keyof Operations,
    { name }: Definition,
    id: string | null,
    ...args: unknown[]
  ): Promise<unknown> {
    const to = await destination()
    try {
      return await exchange.callPeer(to, OPERATE, [operation, name, id, args])
    } catch (error) {
      if (hasCode(error, 'not_cloneable'))
        throw cannotCross(`${operation}() of ${labelOf(name, id)}`, to, error)
      throw thrownThere(error)
    }
  }
  const told = async (...args: Parameters<typeof operate>) => void (await operate(...args))

  return {
    destination,
    pause: signal => pause(RETRY_MS, signal),
    start: (definition, id, args) => told('start', definition, id, args),
    stop: (definition, id, reason) => told('stop', definition, id, reason),
    call: (definition, id, name, args, timeout) => operate('call', definition, id, name, args, timeout),
    cast: (definition, id, name, args) => told('cast', definition, id, name, args),
    suspend: (definition, id) => told('suspend', definition, id),
    resume: (definition, id) => told('resume', definition, id),
    getState: (definition, id) => operate('getState', definition, id),
    replaceState: (definition, id, replacement) => told('replaceState', definition, id, replacement),
  }
}

/** A message has what an answer brings. */
export function follow(message: Message, answer: Promise<unknown>): void {
  answer.then(
    value => {
      clearTimeout(message.timer)
      message.resolve(value)
    },
    error => {
      clearTimeout(message.timer)
      message.reject(thrownThere(error))
    },
  )
}

const cannotCross = (what: string, { id }: PeerInfo, cause: unknown) =>
  new BeamDeployError(
    'not_cloneable',
    `${what}: the process has moved to peer ${id}, where its arguments cannot go: ${messageOf(cause)}`,
    { phase: 'control', cause },
  )
