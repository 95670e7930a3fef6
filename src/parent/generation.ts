import { now, pause } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { PeerSummary } from '../rpc/contracts.ts'
import type { Packed } from '../rpc/packed.ts'
import type { Publish } from './events.ts'
import { describeExit } from './exits.ts'
import type { Logger } from './logger.ts'
import type { PeerProcess } from './peer-types.ts'
import { type ClosedGate, createRestartGate } from './restart-gate.ts'
import { createRestarts, RESTART_POLICY, type RestartDecision } from './restart-policy.ts'
import { describeSlot, type Slot } from './slot.ts'
import { summaryOf } from './summary.ts'

/** The peers that run one release, one a slot. */
export interface Generation {
  readonly number: number
  /** What its peers run: another one after a hot upgrade. */
  readonly release: Release
  /** Starts every peer and resolves when all are ready; if one fails, all are killed and its error is thrown. */
  boot(): Promise<void>
  /** Opens the endpoints in every peer, and keeps every slot filled from now on. */
  accept(): Promise<void>
  /** Another generation serves beside it, and replaces it soon: who ends from now on is not started again. */
  leaveUnfilled(): void
  /** Tells every peer to accept no more; {@link drain} is about to follow. */
  retire(): void
  /**
   * The same, until {@link Generation.unpark}. Peers that end meanwhile are not started again. `false` where none of its peers can be
   * parked: they go on accepting.
   */
  park(): Promise<boolean>
  /** Accepts again in every slot, without a boot; `false` where one cannot. */
  unpark(): Promise<boolean>
  /**
   * Ends accepting in every peer and resolves when all are gone. `onGone` is told of the end of each slot, with what its
   * application has handed over; without it nobody takes over.
   */
  drain(onGone?: (slot: number, handedOver: Packed | null) => void): Promise<void>
  kill(): Promise<void>
  pids(): number[]
  /** The living process in a slot; `null` while there is none. */
  peerIn(slot: number): PeerProcess | null
  livingPeers(): PeerProcess[]
  servingPeers(): PeerProcess[]
  /** Keeps crashed peers from coming back until that is disposed of. */
  holdRestarts(): ClosedGate
  /** Its peers run the code of `next` by now, and those that are started from now on boot it. */
  become(next: Release): void
  /** Every release that its processes may have modules of: their folders have to stay. */
  carried(): readonly Release[]
  /** Resolves to the process that serves in a slot, when there is one, or to `null` when the generation ends. */
  whenServing(slot: number): Promise<PeerProcess | null>
  describe(): Promise<PeerSummary[]>
}

export interface GenerationOptions {
  number: number
  release: Release
  slots: number
  /** Milliseconds, or `Infinity`. */
  shutdownTimeout: number
  startPeer(slot: number, release: Release): PeerProcess
  /** The version of Node.js that its peers run on. */
  node: string
  /** Processes that wait for their release, one a slot; taken before any is started. */
  spares: PeerProcess[]
  logger: Logger
  publish: Publish
  /** A slot crashed too often: nobody serves there any more. */
  onExhausted(reason: string): void
  onRestart(release: Release, durationMs: number): void
  /** A peer that served has ended by itself. It is replaced when this has resolved, if the generation still is to serve then. */
  onCrash?(what: string): Promise<void>
}

const UNREADY: ReadonlySet<PeerProcess['state']['state']> = new Set(['booting', 'ready'])

export function createGeneration(options: GenerationOptions): Generation {
  const { number, logger } = options
  const carried = [options.release]
  let { release } = options
  const slots: Slot[] = []
  const restarts = Array.from({ length: options.slots }, () => createRestarts(RESTART_POLICY))
  const gate = createRestartGate()
  const ending = new AbortController()
  let isParked = false
  /** Who crashes now is not replaced. */
  const isLeft = () => ending.signal.aborted || isParked
  let changed = Promise.withResolvers<void>()

  const peers = () => slots.filter(slot => slot.kind === 'peer').map(({ peer }) => peer)
  const isLiving = (peer: PeerProcess) => peer.state.state !== 'exited'
  const peerIn = (index: number) => {
    const slot = slots[index]
    return slot?.kind === 'peer' && isLiving(slot.peer) ? slot.peer : null
  }
  const tellChange = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  ending.signal.addEventListener('abort', tellChange, { once: true })

  async function kill(): Promise<void> {
    ending.abort()
    await Promise.all(peers().map(peer => peer.kill()))
  }

  /** Keeps a slot filled from its first peer's cutover on, until the generation is ended or crashes too often. */
  async function keepFilled(slot: number, first: PeerProcess): Promise<void> {
    let peer: PeerProcess | null = first
    for (;;) {
      const what = peer
        ? `peer ${peer.id} (process ${peer.pid}) ended with ${describeExit(await peer.exited)}`
        : null
      if (isLeft()) return
      if (what) await options.onCrash?.(what)
      if (isLeft()) return
      const decision: RestartDecision = restarts[slot]?.(now()) ?? { restart: false }
      if (!decision.restart) {
        const { limit, windowMs } = RESTART_POLICY
        const tried = `${limit} restarts in ${windowMs / 1000} s did not help`
        const reason = `${what ?? `slot ${slot} stays empty`}; ${tried}`
        logger.error(reason)
        options.onExhausted(reason)
        return
      }
      if (what) logger.warn(`${what}; restarting it (${decision.attempt} of ${RESTART_POLICY.limit})`)
      slots[slot] = { kind: 'restarting', attempt: decision.attempt }
      const { attempt, delayMs } = decision
      options.publish('beam-deploy:peer:restart', {
        release: summaryOf(release),
        generation: number,
        slot,
        attempt,
        delayMs,
      })
      await pause(decision.delayMs, ending.signal)
      peer = await gate.pass(() => refill(slot))
    }
  }

  /** `null` when not even a process came of it. */
  async function refill(slot: number): Promise<PeerProcess | null> {
    if (isLeft()) return null
    const startedAt = now()
    const started = release
    let peer: PeerProcess | null = null
    try {
      peer = options.startPeer(slot, started)
      slots[slot] = { kind: 'peer', peer }
      await peer.ready
      if (ending.signal.aborted) return peer
      await peer.accept()
      tellChange()
      options.onRestart(started, now() - startedAt)
    } catch (error) {
      logger.warn(`slot ${slot} could not be filled: ${messageOf(error)}`)
      await peer?.kill()
    }
    return peer
  }

  return {
    number,
    get release() {
      return release
    },
    boot: async () => {
      try {
        for (let slot = 0; slot < options.slots; slot += 1) {
          const spare = options.spares[slot]
          spare?.run(release)
          slots.push({ kind: 'peer', peer: spare ?? options.startPeer(slot, release) })
        }
        await Promise.all(peers().map(peer => peer.ready))
      } catch (error) {
        await kill()
        throw error
      }
    },
    accept: async () => {
      await Promise.all(peers().map(peer => peer.accept()))
      for (const peer of peers()) void keepFilled(peer.slot, peer)
    },
    leaveUnfilled: () => ending.abort(),
    retire: () => {
      for (const peer of peers()) if (isLiving(peer)) peer.retire()
    },
    park: async () => {
      isParked = true
      for (const peer of peers()) if (UNREADY.has(peer.state.state)) void peer.kill()
      const parked = await Promise.all(peers().map(peer => peer.park()))
      isParked = parked.includes(true)
      return isParked
    },
    unpark: async () => {
      const parked = peers().filter(({ state }) => state.state === 'parked')
      if (parked.length < options.slots) return false
      const back = await Promise.all(parked.map(peer => peer.unpark()))
      if (back.includes(false)) return false
      isParked = false
      tellChange()
      return true
    },
    drain: async onGone => {
      ending.abort()
      await Promise.all(
        slots.map(async (slot, index) => {
          const peer = slot.kind === 'peer' ? slot.peer : null
          if (peer?.state.state === 'booting') await peer.kill()
          else await peer?.drain(options.shutdownTimeout, onGone !== undefined)
          onGone?.(index, peer?.handedOver ?? null)
        }),
      )
    },
    kill,
    pids: () =>
      peers()
        .filter(isLiving)
        .map(peer => peer.pid),
    peerIn,
    livingPeers: () => peers().filter(isLiving),
    servingPeers: () => peers().filter(({ state }) => state.state === 'serving'),
    holdRestarts: gate.close,
    become: next => {
      release = next
      carried.push(next)
      for (const peer of peers()) if (isLiving(peer)) peer.became(next)
    },
    carried: () => carried,
    whenServing: async slot => {
      while (!ending.signal.aborted) {
        const peer = peerIn(slot)
        if (peer?.state.state === 'serving') return peer
        await changed.promise
      }
      return null
    },
    describe: () =>
      Promise.all(
        slots.flatMap((slot, index) => {
          // Who has ended in a generation that is left, is not started again.
          if (isLeft() && !peerIn(index)) return []
          return [describeSlot(slot, { number, slot: index, release, node: options.node })]
        }),
      ),
  }
}
