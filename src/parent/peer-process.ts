import { now } from '../clock.ts'
import { BeamDeployError, isBeamDeployError } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { AnswerCount } from '../rpc/answer-count.ts'
import type { Operations } from '../rpc/contracts.ts'
import { decodeError } from '../rpc/errors.ts'
import type { ExchangeParentFunctions } from '../rpc/exchange-contracts.ts'
import type { DeclaredHealth } from '../rpc/health-contracts.ts'
import { connect } from '../rpc/ipc.ts'
import type { LeaseParentFunctions } from '../rpc/lease-contracts.ts'
import type { PeerLoad } from '../rpc/load.ts'
import type { Packed } from '../rpc/packed.ts'
import type { ParentFunctions, PeerFunctions } from '../rpc/peer-contracts.ts'
import type { Transfers } from '../rpc/transfers.ts'
import type { Events } from './events.ts'
import { type ExchangeWire, openExchangeWire } from './exchange-wire.ts'
import { describeExit, type ExitStatus, exitOf, killNow } from './exits.ts'
import type { Logger } from './logger.ts'
import { passOutputThrough } from './output.ts'
import { createPeerEvents } from './peer-events.ts'
import { peerFailure, tooEarly, tooLate } from './peer-failure.ts'
import { type HealthCalls, healthCalls } from './peer-health.ts'
import { type HotCalls, hotCalls } from './peer-hot.ts'
import { parkingOf } from './peer-parking.ts'
import { wireOf } from './peer-wire.ts'
import { type SpawnOptions, spawnPeer } from './spawn-peer.ts'
import { type Forward, transfersOf } from './transfers.ts'
import { withinReason } from './within-reason.ts'

/** The life of one peer, as its parent sees it. */
export type PeerState =
  | { state: 'booting' }
  /** Holds every endpoint and waits for the cutover. */
  | { state: 'ready' }
  | { state: 'serving' }
  /** Has stopped accepting, and may be told to accept again. On the clock of `now()`. */
  | { state: 'parked'; since: number }
  /** On the clock of `now()`; a `deadline` of `Infinity` means never. */
  | { state: 'draining'; since: number; deadline: number }
  | { state: 'exited'; status: ExitStatus }

export interface PeerProcess extends Pick<ExchangeWire, 'call' | 'afterCutover' | 'tellLease'> {
  readonly id: string
  readonly slot: number
  readonly pid: number
  readonly state: PeerState
  /** Resolves when the peer holds every endpoint; rejects with `peer_start_failed`, the process then being gone. */
  readonly ready: Promise<void>
  /** Boots `release` in a peer that was started without one. */
  run(release: Release): void
  readonly exited: Promise<ExitStatus>
  accept(): Promise<void>
  /** Tells it to accept no more: the first word of the end, before anything else is done about that. */
  retire(): void
  /** Ends accepting until {@link PeerProcess.unpark}; `false` where it cannot, and goes on accepting. */
  park(): Promise<boolean>
  /** Has it accept again, without a boot; `false` where it cannot. */
  unpark(): Promise<boolean>
  /**
   * Ends accepting; resolves when the process is gone, by itself or killed after `timeout` milliseconds. With `handOver` it is
   * asked for what its application hands over at the end.
   */
  drain(timeout: number, handOver: boolean): Promise<ExitStatus>
  /** What its application has handed over; `null` while there is nothing. */
  readonly handedOver: Packed | null
  kill(): Promise<ExitStatus>
  load(): Promise<PeerLoad | null>
  /** Has it count its answers, and `tell` hear of them, until it is told `null`. */
  countAnswers(limit: number | null, tell?: (count: AnswerCount) => void): void
  readonly hot: HotCalls
  readonly health: HealthCalls
  /** What its application has told of its health check; known when it is ready. */
  readonly declaredHealth: DeclaredHealth | undefined
  /** An error about it, with the last of what it printed. `reason` follows "the new peer of my-app 1.2.3". */
  failed(code: 'peer_start_failed' | 'health_check_failed', reason: string): BeamDeployError
  /** Its code has been replaced by that of `release`. */
  became(release: Release): void
  /** Sends it sockets. */
  readonly transfers: Pick<Transfers, 'send'>
}

export interface PeerOptions extends SpawnOptions {
  operations: Operations
  /** What it may ask for of other processes. */
  exchange: Omit<ExchangeParentFunctions, 'open' | 'handOver'> & LeaseParentFunctions
  /** The names of the leases that it has asked for. */
  askedLeases(): string[]
  /** For the sockets that it gives away. */
  forward: Forward
  logger: Logger
  events: Events
  /** Whether each line that it prints begins with its name. */
  prefixOutput: boolean
}

const HAS_LOAD: ReadonlySet<PeerState['state']> = new Set(['serving', 'parked', 'draining'])

/** Starts a peer: with a release it boots at once, without one it waits for {@link PeerProcess.run}. */
export function startPeer(options: PeerOptions): PeerProcess {
  const { slot, generation } = options
  const id = `${generation}.${slot}`
  const { child, exchange: pipe, run: tell } = spawnPeer(options)
  const tail = passOutputThrough(child, { id, prefix: options.prefixOutput })
  const elsewhere: string[] = []
  let release: Release | null = null
  let { readyTimeout } = options.timeoutsOf({})
  let state: PeerState = { state: 'booting' }
  let handedOver: Packed | null = null
  let declaredHealth: DeclaredHealth | undefined

  const failed: PeerProcess['failed'] = (code, reason) =>
    peerFailure(code, reason, { app: options.app, release, tail })
  const startFailed = (reason: string) => failed('peer_start_failed', reason)
  let onAnswers: (count: AnswerCount) => void = () => undefined

  const ready = Promise.withResolvers<void>()
  const transfers = transfersOf(child, () => peer, options.forward)
  const functions: ParentFunctions = {
    ...options.operations,
    ready: health => {
      if (state.state !== 'booting') return
      declaredHealth = health
      state = { state: 'ready' }
      told.ready()
      ready.resolve()
    },
    answered: count => onAnswers(count),
    listensElsewhere: address => void (state.state === 'booting' && elsewhere.push(address)),
    ...transfers.functions,
  }
  const peer = connect<PeerFunctions, ParentFunctions>(functions, wireOf(child))
  const exchange = openExchangeWire(`peer ${id}`, pipe, {
    ...options.exchange,
    handOver: (result, failure) => {
      handedOver = result
      if (failure) options.logger.warn(`beforeCutover in peer ${id} failed: ${decodeError(failure).message}`)
    },
  })
  const told = createPeerEvents(
    options.events,
    { generation, slot, pid: child.pid ?? null },
    // Of a preload that knows no events, or a peer that is gone, nobody wants to hear.
    published => void peer.events.asEvent(published).catch(() => undefined),
  )

  const exited = exitOf(child).then(status => {
    if (state.state !== 'exited') told.exited(state.state, status)
    state = { state: 'exited', status }
    const gone = new BeamDeployError('peer_gone', `peer ${id} has ended`, { phase: 'control' })
    peer.$close(gone)
    exchange.close(gone)
    transfers.close(gone.message)
    ready.reject(startFailed(tooEarly(status, options)))
    clearTimeout(timer)
    return status
  })
  let timer: NodeJS.Timeout | undefined
  ready.promise.then(
    () => clearTimeout(timer),
    () => undefined,
  )

  function run(next: Release): void {
    release = next
    readyTimeout = options.timeoutsOf(next).readyTimeout
    if (state.state === 'exited') return
    told.started(next)
    timer = setTimeout(() => {
      ready.reject(startFailed(tooLate({ ...options, elsewhere, readyTimeout })))
      void kill()
    }, readyTimeout)
    tell(next)
  }

  async function kill(): Promise<ExitStatus> {
    killNow(child)
    return exited
  }

  if (options.release) run(options.release)

  return {
    id,
    slot,
    run,
    pid: child.pid ?? -1,
    get state() {
      return state
    },
    ready: ready.promise,
    exited,
    accept: async () => {
      const late = setTimeout(() => void kill(), readyTimeout)
      try {
        await peer.accept()
      } catch (error) {
        // An error of its own came from there; any other says that the way to it is lost, since it has ended.
        if (isBeamDeployError(error) && error.code !== 'peer_gone') throw error
        const end = describeExit(await exited)
        throw startFailed(`ended with ${end} at the cutover`)
      } finally {
        clearTimeout(late)
      }
      if (state.state === 'ready') state = { state: 'serving' }
    },
    ...parkingOf(
      peer,
      () => state.state,
      next => {
        state = next
      },
    ),
    retire: () => void peer.retire.asEvent().catch(() => undefined),
    drain: async (timeout, handOver) => {
      if (state.state === 'exited') return exited
      state = { state: 'draining', since: now(), deadline: now() + timeout }
      // The peer may end before it has read this, which is as good.
      peer.drain.asEvent(handOver).catch(() => undefined)
      const deadline = timeout === Infinity ? undefined : setTimeout(() => void kill(), timeout)
      const status = await exited
      clearTimeout(deadline)
      return status
    },
    get handedOver() {
      return handedOver
    },
    transfers,
    call: exchange.call,
    afterCutover: exchange.afterCutover,
    tellLease: exchange.tellLease,
    kill,
    health: healthCalls(peer, id),
    get declaredHealth() {
      return declaredHealth
    },
    failed,
    countAnswers: (limit, tell = () => undefined) => {
      onAnswers = tell
      peer.countAnswers.asEvent(limit).catch(() => undefined)
    },
    hot: hotCalls(peer, { id, limitMs: () => readyTimeout, kill }),
    became: next => {
      release = next
      told.became(next)
    },
    load: async () => (HAS_LOAD.has(state.state) ? withinReason(peer.load()) : null),
  }
}
