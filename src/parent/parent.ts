import { now } from '../clock.ts'
import { isBeamDeployError, messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { HistoryEntry, UpgradeReport } from '../rpc/contracts.ts'
import { createDrains } from './drains.ts'
import { createGeneration, type Generation } from './generation.ts'
import { type FindOptions, obtainRelease } from './obtain-release.ts'
import type { Caller, EndReason, Parent, ParentParts, ParentState } from './parent-types.ts'
import type { PeerProcess } from './peer-process.ts'
import { createPeers } from './peers.ts'
import { busy, previousRelease } from './refusals.ts'
import { describeStatus, summaryOf } from './status.ts'
import { createStopwatch } from './stopwatch.ts'
import { swap } from './swap.ts'
import { tidy } from './tidy.ts'

/** What tells an upgrade from a rollback. */
interface SwapKind {
  /** Names the release, and unpacks it where it is new. */
  find(how: FindOptions): Promise<Release>
  commit(release: Release): Promise<void>
}

/** The parent's state machine: every change of `state` is in here. */
export function createParent(parts: ParentParts): Parent {
  const { settings, store, endpoints } = parts
  const { logger } = settings
  const ended = Promise.withResolvers<EndReason>()
  let state: ParentState = { state: 'starting', incoming: null }
  let generations = 0

  const drains = createDrains(async ({ number, release }) => {
    logger.info(`generation ${number} (${release.version}) has ended`)
    await store.prune(releasesInUse()).catch(complain)
    tidy()
  })
  const complain = (error: unknown) => logger.error(messageOf(error))
  const isStopping = () => state.state === 'stopping'

  function newGeneration(release: Release, spares: PeerProcess[] = []): Generation {
    generations += 1
    const number = generations
    const generation = createGeneration({
      number,
      release,
      slots: settings.peers,
      shutdownTimeout: settings.shutdownTimeout,
      logger,
      startPeer: slot => peers.start(number, slot, release),
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

  function releasesInUse(): Set<string> {
    const generations = drains.list()
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
    const stopped = new AbortController()
    const { signal } = stopped
    const upgrading: ParentState = {
      state: 'upgrading',
      active: outgoing,
      incoming: null,
      giveUp: () => stopped.abort(busy(action, 'stopping')),
      done: done.promise,
    }
    state = upgrading
    const watch = createStopwatch((phase, text) => caller.progress({ phase, text }))
    let release: Release | null = null
    let spares: PeerProcess[] = []
    try {
      await drains.room(watch.step)
      signal.throwIfAborted()
      const meanwhile = () => {
        spares = peers.startSpares(generations + 1)
      }
      const target = await find({ step: watch.step, outgoing: outgoing.release, signal, meanwhile })
      release = target
      signal.throwIfAborted()
      const mark = store.mark()
      const incoming = await swap(target, {
        outgoing,
        step: watch.step,
        createGeneration: next => newGeneration(next, spares),
        commit: async () => {
          signal.throwIfAborted()
          await commit(target)
        },
        revert: () => store.restore(mark).catch(complain),
        activate: generation => {
          if (state === upgrading) state = { state: 'serving', active: generation }
          else drains.add(generation)
        },
        settle: drains.add,
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
    } catch (thrown) {
      const error: unknown = signal.aborted ? signal.reason : thrown
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

  async function end(reason: EndReason): Promise<void> {
    if (state.state === 'stopping') {
      for (const generation of drains.list()) void generation.kill()
      await ended.promise
      return
    }
    const before = state
    state = { state: 'stopping' }
    parts.closeEndpoints()
    if (before.state === 'starting') await before.incoming?.kill()
    if (before.state === 'serving' || before.state === 'upgrading') drains.add(before.active)
    if (before.state === 'upgrading') {
      before.giveUp()
      // Drained, not killed: it may have accepted this moment.
      if (before.incoming) drains.add(before.incoming)
      await before.done
    }
    await drains.ended()
    await parts.cleanup()
    ended.resolve(reason)
  }

  const upgrade: Parent['upgrade'] = ({ path }, caller) =>
    run('upgrade', caller, {
      find: how => obtainRelease(path, { store, caller, stateDir: settings.stateDir, ...how }),
      commit: ({ id }) => store.setCurrent(id),
    })

  const rollback: Parent['rollback'] = caller =>
    run('rollback', caller, {
      find: async () => previousRelease(store, settings.app),
      commit: () => store.setCurrentBack(),
    })

  const status = () =>
    describeStatus({ settings, store, endpoints, state, draining: drains.list(), generations })

  const peers = createPeers(settings, endpoints, {
    upgrade: request => upgrade(request, parts.callerForPeers),
    rollback: () => rollback(parts.callerForPeers),
    status,
  })

  return {
    boot: async release => {
      const startedAt = now()
      const generation = newGeneration(release)
      try {
        await generation.boot()
        await store.setCurrent(release.id)
        await generation.accept()
      } catch (error) {
        await generation.kill()
        if (isStopping()) return false
        throw error
      }
      if (isStopping()) return false
      state = { state: 'serving', active: generation }
      const durationMs = now() - startedAt
      const where = endpoints.map(({ label }) => label).join(', ')
      logger.info(
        `${settings.app} ${release.version} serves on ${where} (generation ${generation.number}, ${Math.round(durationMs)} ms)`,
      )
      await record({ action: 'start', from: null, to: release.id, outcome: 'succeeded', durationMs }).catch(
        complain,
      )
      await store.prune(releasesInUse()).catch(complain)
      tidy()
      return true
    },
    upgrade,
    rollback,
    status,
    stop: () => end({ reason: 'stopped' }),
    ended: ended.promise,
  }
}
