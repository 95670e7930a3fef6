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
import type { Packed } from '../rpc/packed.ts'
import type { ParentFunctions, PeerFunctions } from '../rpc/peer-contracts.ts'
import type { Events } from './events.ts'
import { openExchangeWire } from './exchange-wire.ts'
import { describeExit, type ExitStatus, exitOf, killNow } from './exits.ts'
import type { Logger } from './logger.ts'
import { passOutputThrough } from './output.ts'
import { createPeerEvents } from './peer-events.ts'
import { peerFailure, tooEarly, tooLate } from './peer-failure.ts'
import { healthCalls } from './peer-health.ts'
import { hotCalls } from './peer-hot.ts'
import { parkingOf } from './peer-parking.ts'
import type { PeerProcess, PeerState } from './peer-types.ts'
import { wireOf } from './peer-wire.ts'
import { type SpawnOptions, spawnPeer } from './spawn-peer.ts'
import { type Forward, transfersOf } from './transfers.ts'
import { withinReason } from './within-reason.ts'

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

  function outlived(timeout: number): void {
    options.logger.warn(
      `peer ${id} (process ${child.pid}) has not ended within ${timeout} ms (--shutdown-timeout), and is killed`,
    )
    void kill()
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
      const deadline = timeout === Infinity ? undefined : setTimeout(outlived, timeout, timeout)
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
