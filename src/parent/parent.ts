import { now } from '../clock.ts'
import { BeamDeployError, isBeamDeployError, messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type {
  ControlClientFunctions,
  HistoryEntry,
  Operations,
  Status,
  UpgradeReport,
  UpgradeRequest,
} from '../rpc/contracts.ts'
import type { Endpoint } from './endpoints.ts'
import { peerEnvironment } from './environment.ts'
import { createGeneration, type Generation } from './generation.ts'
import { obtainRelease } from './obtain-release.ts'
import { type PeerProcess, startPeer } from './peer-process.ts'
import type { ParentSettings } from './settings.ts'
import { describeStatus, summaryOf } from './status.ts'
import { createStopwatch, type Stopwatch } from './stopwatch.ts'
import { swap } from './swap.ts'

/** Generations that may drain at once; a further swap waits for the oldest to end. */
const MAX_DRAINING = 3

/** What the parent is doing. */
export type ParentState =
  | { state: 'starting'; incoming: Generation | null }
  | { state: 'serving'; active: Generation }
  /** `done` resolves when the swap has ended, however it did. */
  | { state: 'upgrading'; active: Generation; incoming: Generation | null; done: Promise<void> }
  | { state: 'stopping'; left: Generation[] }

/** Who asked for a swap: is told of its steps, and unpacks the archive. */
export type Caller = ControlClientFunctions

export interface Parent {
  /** Boots `release` and serves it. Once, before anything else. */
  boot(release: Release): Promise<void>
  upgrade(request: UpgradeRequest, caller: Caller): Promise<UpgradeReport>
  rollback(caller: Caller): Promise<UpgradeReport>
  status(): Promise<Status>
  /** Ends everything; what serves is drained first. Called again, it ends every process at once. */
  stop(): Promise<void>
  /** Resolves when everything of the parent has ended. */
  readonly ended: Promise<EndReason>
}

export type EndReason = { reason: 'stopped' } | { reason: 'exhausted'; slot: number }

export interface ParentParts {
  settings: ParentSettings
  store: Store
  endpoints: readonly Endpoint[]
  /** Unpacks for a peer that asks for an upgrade: it should serve, not unpack. */
  callerForPeers: Caller
  /** Ends the holding of endpoints, before the last peers drain. */
  closeEndpoints(): void
  /** Runs when everything has ended. */
  cleanup(): Promise<void>
}

/** What tells an upgrade from a rollback. */
interface SwapKind {
  /** Names the release, and unpacks it where it is new. */
  find(step: Stopwatch['step'], outgoing: Release): Promise<Release>
  commit(release: Release): Promise<void>
}

export function createParent(parts: ParentParts): Parent {
  const { settings, store, endpoints } = parts
  const { logger } = settings
  const ended = Promise.withResolvers<EndReason>()
  const draining = new Map<Generation, Promise<void>>()
  let state: ParentState = { state: 'starting', incoming: null }
  let generations = 0

  const complain = (error: unknown) => logger.error(messageOf(error))

  const peerOf = (generation: number, slot: number, release: Release | null) =>
    startPeer({
      ...settings,
      generation,
      slot,
      release,
      endpoints,
      env: peerEnvironment(settings.envFile, settings.endpoints, endpoints),
      operations: operationsForPeers,
    })

  /**
   * Processes for the next generation that boot Node.js while its release is still being unpacked. Not where Node.js has
   * options that may name files of the release: those it wants at its start.
   */
  function startSpares(): PeerProcess[] {
    const { NODE_OPTIONS } = peerEnvironment(settings.envFile, settings.endpoints, endpoints)
    if (NODE_OPTIONS || settings.execArgv.length > 0) return []
    return Array.from({ length: settings.peers }, (_, slot) => peerOf(generations + 1, slot, null))
  }

  function newGeneration(release: Release, spares: PeerProcess[] = []): Generation {
    generations += 1
    const number = generations
    const generation = createGeneration({
      number,
      release,
      slots: settings.peers,
      shutdownTimeout: settings.shutdownTimeout,
      logger,
      startPeer: slot => peerOf(number, slot, release),
      spares,
      onExhausted: slot => void end({ reason: 'exhausted', slot }),
      onRestart: (_slot, durationMs) => {
        const { id } = release
        record({ action: 'restart', from: id, to: id, outcome: 'succeeded', durationMs }).catch(complain)
      },
    })
    if (state.state === 'upgrading' || state.state === 'starting') state.incoming = generation
    return generation
  }

  function settle(generation: Generation): void {
    const done = generation
      .drain()
      .then(() => logger.info(`generation ${generation.number} (${generation.release.version}) has ended`))
      .finally(() => draining.delete(generation))
      .then(() => store.prune(releasesInUse()))
      .catch(complain)
    draining.set(generation, done)
  }

  function releasesInUse(): Set<string> {
    const generations = [...draining.keys()]
    if (state.state === 'serving' || state.state === 'upgrading') generations.push(state.active)
    if (state.state === 'upgrading' && state.incoming) generations.push(state.incoming)
    return new Set(generations.map(({ release }) => release.id))
  }

  const record = (entry: Omit<HistoryEntry, 'at'>) =>
    store.appendHistory({ at: new Date().toISOString(), ...entry, durationMs: Math.round(entry.durationMs) })

  /** Runs one swap at a time, and keeps what became of it. `find` names the release and may unpack it. */
  async function run(
    action: 'upgrade' | 'rollback',
    caller: Caller,
    { find, commit }: SwapKind,
  ): Promise<UpgradeReport> {
    if (state.state !== 'serving') throw busy(action, state.state)
    const outgoing = state.active
    const done = Promise.withResolvers<void>()
    const upgrading: ParentState = {
      state: 'upgrading',
      active: outgoing,
      incoming: null,
      done: done.promise,
    }
    state = upgrading
    const watch = createStopwatch((phase, text) => caller.progress({ phase, text }))
    let release: Release | null = null
    let spares: PeerProcess[] = []
    try {
      await makeRoom(watch.step)
      spares = startSpares()
      const target = await find(watch.step, outgoing.release)
      release = target
      if (state !== upgrading) throw busy(action, 'stopping')
      const mark = store.mark()
      const incoming = await swap(target, {
        outgoing,
        step: watch.step,
        createGeneration: next => newGeneration(next, spares),
        commit: () => commit(target),
        revert: () => store.restore(mark),
        activate: generation => {
          if (state === upgrading) state = { state: 'serving', active: generation }
        },
        settle,
      })
      // From here on nothing may fail the swap: these processes serve.
      spares = []
      const durationMs = watch.total()
      const { id: from } = outgoing.release
      await record({ action, from, to: target.id, outcome: 'succeeded', durationMs }).catch(complain)
      logger.info(
        `${settings.app} ${target.version} serves (generation ${incoming.number}, ${Math.round(durationMs)} ms)`,
      )
      return {
        action,
        app: settings.app,
        release: summaryOf(target),
        previous: summaryOf(outgoing.release),
        generation: incoming.number,
        durationMs: Math.round(durationMs),
        phases: watch.phases(),
        draining: outgoing.pids(),
      }
    } catch (error) {
      await Promise.all(spares.map(spare => spare.kill()))
      await giveUp(action, outgoing, release, error, watch.total()).catch(complain)
      throw error
    } finally {
      if (state === upgrading) state = { state: 'serving', active: outgoing }
      done.resolve()
    }
  }

  async function giveUp(
    action: 'upgrade' | 'rollback',
    outgoing: Generation,
    release: Release | null,
    error: unknown,
    durationMs: number,
  ): Promise<void> {
    logger.error(`${action} failed; ${outgoing.release.version} serves on: ${messageOf(error)}`)
    if (release) await store.dropUncommitted(release.id)
    const code = isBeamDeployError(error) ? error.code : 'internal'
    const [message = ''] = messageOf(error).split('\n')
    await record({
      action,
      from: outgoing.release.id,
      to: release?.id ?? null,
      outcome: 'failed',
      code,
      message,
      durationMs,
    })
  }

  /** Several generations may drain at once, but not without end: each holds the memory of an application. */
  async function makeRoom(step: Stopwatch['step']): Promise<void> {
    while (draining.size >= MAX_DRAINING) {
      const oldest = draining.keys().next().value
      await step('drain', `waiting for generation ${oldest?.number} to drain`, () =>
        Promise.race(draining.values()),
      )
    }
  }

  async function end(reason: EndReason): Promise<void> {
    if (state.state === 'stopping') {
      for (const generation of state.left) void generation.kill()
      await ended.promise
      return
    }
    const before = state
    const left = [...draining.keys()]
    state = { state: 'stopping', left }
    parts.closeEndpoints()
    if (before.state === 'starting' || before.state === 'upgrading') await before.incoming?.kill()
    if (before.state === 'serving' || before.state === 'upgrading') {
      left.push(before.active)
      settle(before.active)
    }
    if (before.state === 'upgrading') await before.done
    await Promise.all(draining.values())
    await parts.cleanup()
    ended.resolve(reason)
  }

  const upgrade: Parent['upgrade'] = ({ path }, caller) =>
    run('upgrade', caller, {
      find: (step, outgoing) => obtainRelease(path, { store, caller, step, outgoing }),
      commit: ({ id }) => store.setCurrent(id),
    })

  const rollback: Parent['rollback'] = caller =>
    run('rollback', caller, {
      find: async () => previousRelease(store, settings.app),
      commit: () => store.setCurrentBack(),
    })

  const status = () =>
    describeStatus({ settings, store, endpoints, state, draining: [...draining.keys()], generations })

  const operationsForPeers: Operations = {
    upgrade: request => upgrade(request, parts.callerForPeers),
    rollback: () => rollback(parts.callerForPeers),
    status,
  }

  return {
    boot: async release => {
      const startedAt = now()
      const generation = newGeneration(release)
      await generation.boot()
      await store.setCurrent(release.id)
      await generation.accept()
      state = { state: 'serving', active: generation }
      const durationMs = now() - startedAt
      const where = endpoints.map(({ label }) => label).join(', ')
      logger.info(
        `${settings.app} ${release.version} serves on ${where} (generation ${generation.number}, ${Math.round(durationMs)} ms)`,
      )
      await record({ action: 'start', from: null, to: release.id, outcome: 'succeeded', durationMs })
      await store.prune(releasesInUse())
    },
    upgrade,
    rollback,
    status,
    stop: () => end({ reason: 'stopped' }),
    ended: ended.promise,
  }
}

function previousRelease(store: Store, app: string): Release {
  const previous = store.previous()
  if (previous) return previous
  throw new BeamDeployError(
    'no_previous_release',
    `${app} has no former release to go back to. Upgrade to an archive of the release you want.`,
    { phase: 'validate' },
  )
}

function busy(action: string, state: Exclude<ParentState['state'], 'serving'>): BeamDeployError {
  const doing = {
    starting: 'it is starting',
    upgrading: 'another upgrade is under way',
    stopping: 'it is stopping',
  }
  return new BeamDeployError(
    'upgrade_in_progress',
    `${action} refused: ${doing[state]}. Wait for it to end (\`beam-deploy status\`) and try again.`,
    { phase: 'validate' },
  )
}
