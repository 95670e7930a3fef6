import { now } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { UpgradeReport } from '../rpc/contracts.ts'
import { blueGreen, type SwapKind } from './blue-green.ts'
import { createDrains } from './drains.ts'
import { createEvents } from './events.ts'
import { createFallBack } from './fall-back.ts'
import { firstBoot } from './first-boot.ts'
import { createGeneration, type Generation } from './generation.ts'
import { allOf, generationsOf } from './generations.ts'
import { handOverTo } from './hand-over.ts'
import { hotUpgrade, planHotUpgrade } from './hot-upgrade.ts'
import { withOverlap } from './overlap.ts'
import type { Caller, EndReason, Parent, ParentParts, ParentState, Turn } from './parent-types.ts'
import type { PeerProcess } from './peer-types.ts'
import { createHistoryRecord } from './record-history.ts'
import { busy } from './refusals.ts'
import { createServices } from './services.ts'
import { describeStatus } from './status.ts'
import { rollbackFrom, upgradeTo } from './swap-kinds.ts'
import { tidy } from './tidy.ts'

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

  const drains = withOverlap(
    createDrains({ publish, logger, max: settings.maxDraining }, async ({ number, release }) => {
      logger.info(`generation ${number} (${release.version}) has ended`)
      await prune()
    }),
  )
  const complain = (error: unknown) => logger.error(messageOf(error))
  const isStopping = () => state.state === 'stopping'
  const generations = () => generationsOf(state, drains)

  function newGeneration(
    release: Release,
    spares: PeerProcess[] = [],
    onCrash?: (what: string) => Promise<void>,
  ): Generation {
    settings.assertTrusted(release)
    count += 1
    const number = count
    const generation = createGeneration({
      number,
      release,
      slots: settings.peers,
      shutdownTimeout: settings.timeoutsOf(release).shutdownTimeout,
      logger,
      publish,
      startPeer: (slot, next) => peers.start(number, slot, next),
      node: settings.nodeOf(release).version,
      spares,
      ...(onCrash && { onCrash }),
      onExhausted: reason => void fallBack(generation, reason),
      onRestart: ({ id }, durationMs) =>
        void history.succeeded('restart', id, id, durationMs).catch(complain),
    })
    if (state.state === 'upgrading' || state.state === 'starting') state.incoming = generation
    return generation
  }

  function releasesInUse(): Set<string> {
    const ids = allOf(generations()).flatMap(generation => generation.carried().map(({ id }) => id))
    if (origin && settings.parentChildren.length > 0) ids.push(origin.id)
    return new Set(ids)
  }

  /** Removes the releases that nobody needs, and gives back the memory that a swap took. */
  async function prune(): Promise<void> {
    await store.prune(releasesInUse()).catch(complain)
    tidy()
  }

  /** Told of each slot of a generation that ends after its cutover. */
  const onGone: Parameters<Generation['drain']>[0] = (slot, handedOver) =>
    void handOverTo(generations().active, slot, handedOver, logger)

  /** One at a time has the parent for itself. */
  async function exclusively<T>(action: string, work: (turn: Turn) => Promise<T>): Promise<T> {
    if (state.state !== 'serving') throw busy(action, state.state)
    if (action === 'upgrade' || action === 'hot-upgrade') drains.endOverlap(false)
    const outgoing = state.active
    const done = Promise.withResolvers<void>()
    const stopped = new AbortController()
    const upgrading: ParentState & { state: 'upgrading' } = {
      state: 'upgrading',
      active: outgoing,
      incoming: null,
      baking: null,
      step: null,
      giveUp: () => stopped.abort(busy(action, 'stopping')),
      done: done.promise,
    }
    state = upgrading
    try {
      return await work({
        outgoing,
        incoming: () => upgrading.incoming,
        progress: step => Object.assign(upgrading, { step }),
        signal: stopped.signal,
        serve: (generation, baking) => {
          Object.assign(upgrading, { active: generation, incoming: null, baking })
          leases.refresh()
        },
        activate: generation => {
          if (state === upgrading) state = { state: 'serving', active: generation }
          leases.refresh()
        },
      })
    } finally {
      if (state === upgrading) state = { state: 'serving', active: upgrading.active }
      done.resolve()
    }
  }

  const shared = () => ({ settings, store, publish, history, logger, origin })

  function toNewProcesses(kind: SwapKind, caller: Caller): Promise<UpgradeReport> {
    return exclusively(kind.action, turn => {
      handoff.clear()
      const nextNumber = () => count + 1
      const parts = { ...shared(), peers, drains, isStopping, nextNumber, newGeneration, onGone }
      return blueGreen(kind, caller, turn, parts)
    })
  }

  const fallBack = createFallBack({
    store,
    history,
    logger,
    state: () => state,
    swapTo: kind => toNewProcesses(kind, parts.callerForPeers),
    end: () => void end({ reason: 'exhausted' }),
  })

  async function end(reason: EndReason): Promise<void> {
    if (state.state === 'stopping') {
      for (const generation of drains.list()) void generation.kill()
      await ended.promise
      return
    }
    const before = state
    const startedAt = now()
    state = { state: 'stopping' }
    leases.refresh()
    publish('beam-deploy:stop:start', { reason: reason.reason })
    parts.closeEndpoints()
    drains.endOverlap(true)
    if (before.state === 'starting') await before.incoming?.kill()
    if (before.state === 'serving' || before.state === 'upgrading') drains.add(before.active)
    if (before.state === 'upgrading') {
      before.giveUp()
      // Drained, not killed: it may have accepted this moment.
      if (before.incoming) drains.add(before.incoming)
      if (before.baking) drains.add(before.baking.parked)
      await before.done
    }
    await drains.ended()
    await children.stop()
    await parts.cleanup()
    const durationMs = Math.round(now() - startedAt)
    publish('beam-deploy:stop:end', { reason: reason.reason, durationMs })
    ended.resolve(reason)
  }

  const upgrade: Parent['upgrade'] = (request, caller) =>
    toNewProcesses(upgradeTo(request, caller, parts), caller)

  const rollback: Parent['rollback'] = async caller => {
    if (state.state === 'upgrading' && state.baking) return state.baking.rollBack()
    return toNewProcesses(rollbackFrom(parts), caller)
  }

  const hot: Pick<Parent, 'hotUpgrade' | 'planUpgrade'> = {
    hotUpgrade: (request, caller) =>
      exclusively('hot-upgrade', turn => hotUpgrade(request, caller, turn, { ...shared(), prune })),
    planUpgrade: (request, caller) =>
      exclusively('plan', turn => planHotUpgrade(request, caller, turn, { ...shared(), prune })),
  }

  const status = () =>
    describeStatus({
      settings,
      store,
      endpoints,
      state: state.state,
      step: state.state === 'upgrading' ? state.step : null,
      generations: generations(),
      count,
      children,
      leases,
    })

  const { peers, children, handoff, leases, exchange } = createServices({
    settings,
    endpoints,
    events,
    operations: {
      upgrade: request => upgrade(request, parts.callerForPeers),
      rollback: () => rollback(parts.callerForPeers),
      hotUpgrade: request => hot.hotUpgrade(request, parts.callerForPeers),
      planUpgrade: request => hot.planUpgrade(request, parts.callerForPeers),
      status,
    },
    generations,
    onExhausted: () => void end({ reason: 'exhausted' }),
  })

  return {
    boot: async release => {
      origin = release
      const generation = newGeneration(release)
      const durationMs = await firstBoot(generation, { children, settings, store, publish, isStopping })
      if (durationMs === null) return false
      state = { state: 'serving', active: generation }
      leases.refresh()
      const where = endpoints.map(({ label }) => label).join(', ')
      logger.info(
        `${settings.app} ${release.version} serves on ${where} (generation ${generation.number}, ${Math.round(durationMs)} ms)`,
      )
      await history.succeeded('start', null, release.id, durationMs).catch(complain)
      await prune()
      return true
    },
    upgrade,
    rollback,
    ...hot,
    status,
    stop: () => end({ reason: 'stopped' }),
    exchange,
    ended: ended.promise,
  }
}
