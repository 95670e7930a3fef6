import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { UpgradeReport } from '../rpc/contracts.ts'
import type { Bake } from './bake.ts'
import type { BakeSettings } from './bake-settings.ts'
import { bakeFor } from './bake-swap.ts'
import type { Generation } from './generation.ts'
import { checkGeneration } from './health-check.ts'
import type { FindOptions } from './obtain-release.ts'
import type { CutoverSettings, OverlappingDrains } from './overlap.ts'
import type { Caller, Turn } from './parent-types.ts'
import type { PeerProcess } from './peer-types.ts'
import type { Peers } from './peers.ts'
import { type RecordParts, recordedSwap } from './recorded-swap.ts'
import type { ParentSettings } from './settings.ts'
import { reportOf } from './status.ts'
import { swap } from './swap.ts'
import { warnOfUnapplied } from './unapplied-options.ts'

/** What tells an upgrade from a rollback. */
export interface SwapKind {
  action: 'upgrade' | 'rollback' | 'fall-back'
  /** What is to be unpacked. */
  source: string | null
  /** Names the release, and unpacks it where it is new. */
  find(how: FindOptions): Promise<Release>
  commit(release: Release): Promise<void>
  /** Why it is done, where nobody asked for it. */
  reason?: string
  /** What the release has to stand; nothing where it is one that has served before. */
  bakeOf?(release: Release): BakeSettings
  /** How the generation before it stops accepting; as at once where nothing else is said. */
  cutoverOf?(release: Release): CutoverSettings
}

export interface BlueGreenParts extends RecordParts {
  settings: ParentSettings
  peers: Peers
  drains: OverlappingDrains
  isStopping(): boolean
  /** What the parent was started with. */
  origin: Release | null
  /** Of the generation that is made next. */
  nextNumber(): number
  newGeneration(release: Release, spares?: PeerProcess[], onCrash?: Bake['onCrash']): Generation
  /** See {@link Generation.drain}. */
  onGone: Parameters<Generation['drain']>[0]
}

/** One swap to new processes, from what names its release until the old ones drain. */
export function blueGreen(
  { action, source, find, commit, reason, bakeOf, cutoverOf }: SwapKind,
  caller: Caller,
  turn: Turn,
  parts: BlueGreenParts,
): Promise<UpgradeReport> {
  const { settings, store, peers, drains, history, logger, isStopping } = parts
  const { outgoing, signal } = turn
  const complain = (error: unknown) => logger.error(messageOf(error))
  return recordedSwap({ action, source, caller, turn }, parts, async ({ watch, told, found }) => {
    const { step } = watch
    let spares: PeerProcess[] = []
    let durationMs = 0
    try {
      const meanwhile = () => {
        spares = peers.startSpares(parts.nextNumber(), outgoing.release)
      }
      const target = await find({ step, outgoing: outgoing.release, signal, meanwhile, found })
      found(target)
      spares = await peers.fitting(spares, target, outgoing.release)
      signal.throwIfAborted()
      const mark = store.mark()
      const restore = () => store.restore(mark)
      const how = bakeOf?.(target)
      const bake = how && how.ms > 0 ? bakeFor(how, turn, { ...parts, watch, restore }) : null
      // One that has to be able to come back stands aside at once.
      const overlapMs = bake ? 0 : (cutoverOf?.(target).overlapMs ?? 0)
      const incoming = await swap(target, {
        outgoing,
        step,
        createGeneration: next => parts.newGeneration(next, spares, bake?.onCrash),
        check: generation => checkGeneration(generation, { settings, logger, watch, signal }),
        commit: async () => {
          signal.throwIfAborted()
          await commit(target)
        },
        revert: () => restore().catch(complain),
        standAside: generation => {
          if (bake) bake.park()
          else if (overlapMs === 0) generation.retire()
          // Of a rollback: what it goes back to has been of use until now.
          drains.endOverlap(false)
        },
        stand: async generation => {
          // From here on nothing may end these processes: they serve.
          spares = []
          durationMs = Math.round(watch.total())
          await bake?.stand(generation)
        },
        activate: generation => {
          turn.activate(generation)
          // Before the old peers are told to drain: one with nothing to do is gone the next moment.
          told.succeeded(generation, { durationMs: Math.round(watch.total()), phases: watch.phases() })
          if (isStopping()) drains.add(generation)
        },
        settle: generation => {
          if (isStopping()) drains.add(generation)
          else drains.addAfter(overlapMs, generation, parts.onGone)
        },
      })
      await history.succeeded(action, outgoing.release.id, target.id, durationMs, reason).catch(complain)
      const { app } = settings
      logger.info(`${app} ${target.version} serves (generation ${incoming.number}, ${durationMs} ms)`)
      warnOfUnapplied(parts.origin, target, logger)
      return reportOf({ action, app, outgoing, incoming, durationMs, phases: watch.phases(), overlapMs })
    } finally {
      await Promise.all(spares.map(spare => spare.kill()))
    }
  })
}
