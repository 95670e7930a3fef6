import { now } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { UpgradeReport } from '../rpc/contracts.ts'
import { createDrains } from './drains.ts'
import { createEvents } from './events.ts'
import { failureOf } from './failure.ts'
import { firstBoot } from './first-boot.ts'
import { createGeneration, type Generation } from './generation.ts'
import { allOf, generationsOf } from './generations.ts'
import { handOverTo } from './hand-over.ts'
import { type FindOptions, obtainRelease } from './obtain-release.ts'
import type { Caller, EndReason, Parent, ParentParts, ParentState } from './parent-types.ts'
import type { PeerProcess } from './peer-process.ts'
import { createHistoryRecord } from './record-history.ts'
import { busy, previousRelease } from './refusals.ts'
import { createServices } from './services.ts'
import { describeStatus, reportOf } from './status.ts'
import { createStopwatch } from './stopwatch.ts'
import { swap } from './swap.ts'
import { tellSwap } from './swap-events.ts'
import { tidy } from './tidy.ts'
import { warnOfUnapplied } from './unapplied-options.ts'

/** What tells an upgrade from a rollback. */
interface SwapKind {
  /** What is to be unpacked. */
  source: string | null
  /** Names the release, and unpacks it where it is new. */
  find(how: FindOptions): Promise<Release>
  commit(release: Release): Promise<void>
}

/** The parent's state machine: every change of `state` is in here. */
export function createParent(parts: ParentParts): Parent {
  const { settings, store, endpoints } = parts
  const { logger } = settings
  const ended = Promise.withResolvers<EndReason>()
  const history = createHistoryRecord(store)
  let state: ParentState = { state: 'starting', incoming: null }
  let count = 0
  /** What was booted first: the parent children that are modules come from it. */
  let origin: Release | null = null
  const events = createEvents(settings.app)
  const { publish } = events

  const drains = createDrains(publish, async ({ number, release }) => {
    logger.info(`generation ${number} (${release.version}) has ended`)
    await store.prune(releasesInUse()).catch(complain)
    tidy()
  })
  const complain = (error: unknown) => logger.error(messageOf(error))
  const isStopping = () => state.state === 'stopping'
  const generations = () => generationsOf(state, drains)

  function newGeneration(release: Release, spares: PeerProcess[] = []): Generation {
    count += 1
    const number = count
    const generation = createGeneration({
      number,
      release,
      slots: settings.peers,
      shutdownTimeout: settings.timeoutsOf(release).shutdownTimeout,
      logger,
      publish,
      startPeer: slot => peers.start(number, slot, release),
      node: settings.nodeOf(release).version,
      spares,
      onExhausted: () => void end({ reason: 'exhausted' }),
      onRestart: (_slot, durationMs) =>
        void history.succeeded('restart', release.id, release.id, durationMs).catch(complain),
    })
    if (state.state === 'upgrading' || state.state === 'starting') state.incoming = generation
    return generation
  }

  function releasesInUse(): Set<string> {
    const ids = allOf(generations()).map(({ release }) => release.id)
    if (origin && settings.parentChildren.length > 0) ids.push(origin.id)
    return new Set(ids)
  }

  /** Told of each slot of a generation that ends after its cutover. */
  const onGone: Parameters<Generation['drain']>[0] = (slot, handedOver) =>
    void handOverTo(generations().active, slot, handedOver, logger)

  /** Runs one swap at a time, and keeps what became of it. `find` names the release and may unpack it. */
  async function run(
    action: 'upgrade' | 'rollback',
    caller: Caller,
    { source, find, commit }: SwapKind,
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
    handoff.clear()
    let release: Release | null = null
    let spares: PeerProcess[] = []
    const told = tellSwap(publish, { action, source, outgoing }, () => upgrading.incoming)
    const watch = createStopwatch(told.onStep, (phase, text) => caller.progress({ phase, text }))
    let durationMs = 0
    try {
      await drains.room(watch.step)
      signal.throwIfAborted()
      const meanwhile = () => {
        spares = peers.startSpares(count + 1, outgoing.release)
      }
      const { step } = watch
      const target = await find({ step, outgoing: outgoing.release, signal, meanwhile, found: told.found })
      release = target
      told.found(target)
      spares = await peers.fitting(spares, target)
      signal.throwIfAborted()
      const mark = store.mark()
      const incoming = await swap(target, {
        outgoing,
        step,
        createGeneration: next => newGeneration(next, spares),
        commit: async () => {
          signal.throwIfAborted()
          await commit(target)
        },
        revert: () => store.restore(mark).catch(complain),
        activate: generation => {
          durationMs = Math.round(watch.total())
          if (state === upgrading) state = { state: 'serving', active: generation }
          // Before the old peers are told to drain: one with nothing to do is gone the next moment.
          told.succeeded(generation, { durationMs, phases: watch.phases() })
          if (isStopping()) drains.add(generation)
        },
        settle: generation => drains.add(generation, isStopping() ? undefined : onGone),
      })
      // From here on nothing may fail the swap: these processes serve.
      spares = []
      await history.succeeded(action, outgoing.release.id, target.id, durationMs).catch(complain)
      logger.info(
        `${settings.app} ${target.version} serves (generation ${incoming.number}, ${durationMs} ms)`,
      )
      warnOfUnapplied(origin, target, logger)
      const { app } = settings
      return reportOf({ action, app, outgoing, incoming, durationMs, phases: watch.phases() })
    } catch (thrown) {
      const error: unknown = signal.aborted ? signal.reason : thrown
      await Promise.all(spares.map(spare => spare.kill()))
      const failure = failureOf(error, watch.total())
      logger.error(`${action} failed; ${outgoing.release.version} serves on: ${messageOf(error)}`)
      if (release) await store.dropUncommitted(release.id).catch(complain)
      await history.failed(action, outgoing.release.id, release?.id ?? null, failure).catch(complain)
      told.failed(failure)
      throw error
    } finally {
      if (state === upgrading) state = { state: 'serving', active: outgoing }
      done.resolve()
    }
  }

  async function end(reason: EndReason): Promise<void> {
    if (state.state === 'stopping') {
      for (const generation of drains.list()) void generation.kill()
      await ended.promise
      return
    }
    const before = state
    const startedAt = now()
    state = { state: 'stopping' }
    publish('beam-deploy:stop:start', { reason: reason.reason })
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
    await children.stop()
    await parts.cleanup()
    const durationMs = Math.round(now() - startedAt)
    publish('beam-deploy:stop:end', { reason: reason.reason, durationMs })
    ended.resolve(reason)
  }

  const upgrade: Parent['upgrade'] = ({ path }, caller) =>
    run('upgrade', caller, {
      source: path,
      find: how => obtainRelease(path, { store, caller, settings, ...how }),
      commit: ({ id }) => store.setCurrent(id),
    })

  const rollback: Parent['rollback'] = caller =>
    run('rollback', caller, {
      source: null,
      find: async () => previousRelease(store, settings.app),
      commit: () => store.setCurrentBack(),
    })

  const status = () =>
    describeStatus({
      settings,
      store,
      endpoints,
      state: state.state,
      generations: generations(),
      count,
      children,
    })

  const { peers, children, handoff, exchange } = createServices({
    settings,
    endpoints,
    events,
    operations: {
      upgrade: request => upgrade(request, parts.callerForPeers),
      rollback: () => rollback(parts.callerForPeers),
      status,
    },
    generations,
    onExhausted: () => void end({ reason: 'exhausted' }),
  })

  return {
    boot: async release => {
      origin = release
      const generation = newGeneration(release)
      const durationMs = await firstBoot(generation, { children, store, publish, isStopping })
      if (durationMs === null) return false
      state = { state: 'serving', active: generation }
      const where = endpoints.map(({ label }) => label).join(', ')
      logger.info(
        `${settings.app} ${release.version} serves on ${where} (generation ${generation.number}, ${Math.round(durationMs)} ms)`,
      )
      await history.succeeded('start', null, release.id, durationMs).catch(complain)
      await store.prune(releasesInUse()).catch(complain)
      tidy()
      return true
    },
    upgrade,
    rollback,
    status,
    stop: () => end({ reason: 'stopped' }),
    exchange,
    ended: ended.promise,
  }
}
