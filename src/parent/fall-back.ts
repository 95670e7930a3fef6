import { now } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Lineage } from '../release/lineage.ts'
import type { Store } from '../release/store.ts'
import type { HistoryEntry } from '../rpc/contracts.ts'
import type { SwapKind } from './blue-green.ts'
import type { Generation } from './generation.ts'
import type { Logger } from './logger.ts'
import type { ParentState } from './parent-types.ts'
import type { HistoryRecord } from './record-history.ts'

/** A release that was fallen back to, and crashes too often itself in this time, was no better: nobody goes further back. */
const PROBATION_MS = 5 * 60_000

export interface FallBackParts {
  store: Store
  history: HistoryRecord
  logger: Logger
  state(): ParentState
  /** A swap to another release. */
  swapTo(kind: SwapKind): Promise<unknown>
  /** Ends the parent: nobody serves any more. */
  end(): void
}

/**
 * What is done about a generation whose peers crash too often: the last good release takes its place. The parent ends where there is none,
 * and where that one is no better.
 */
export function createFallBack({ store, history, logger, state, swapTo, end }: FallBackParts) {
  /** Of the last time: which generation came of it, and what was current before. */
  let last: { generation: Generation; at: number; before: Lineage } | null = null
  const dealtWith = new WeakSet<Generation>()

  async function fallBack(generation: Generation, reason: string): Promise<void> {
    const before = store.mark()
    const good = lastGood(before, store.history())
    const target = good === undefined ? null : store.get(good)
    if (!target) return end()
    const { version } = generation.release
    logger.warn(`${version} crashes too often; falling back to ${target.version}`)
    await swapTo({
      action: 'fall-back',
      source: null,
      find: async () => target,
      commit: ({ id }) => store.restore(before.slice(0, before.indexOf(id) + 1)),
      reason: `${version} crashed too often: ${reason}`,
    })
    const after = state()
    if (after.state === 'serving') last = { generation: after.active, at: now(), before }
  }

  /** The release that crashed first is the current one again: the next start begins with it, and not with an older one each time. */
  async function giveUp({ release }: Generation, before: Lineage, reason: string): Promise<void> {
    await store.restore(before)
    const failure = { code: 'peer_start_failed', message: reason, durationMs: 0 } as const
    await history.failed('fall-back', release.id, before.at(-1) ?? null, failure)
    end()
  }

  return async (generation: Generation, reason: string): Promise<void> => {
    if (dealtWith.has(generation)) return
    dealtWith.add(generation)
    try {
      // A swap that is under way may be the cure.
      for (let found = state(); found.state === 'upgrading'; found = state()) await found.done
      const found = state()
      if (found.state === 'starting') return end()
      if (found.state !== 'serving' || found.active !== generation) return
      if (last?.generation === generation && now() - last.at < PROBATION_MS)
        await giveUp(generation, last.before, reason)
      else await fallBack(generation, reason)
    } catch (error) {
      if (state().state === 'stopping') return
      logger.error(`nothing serves any more: ${messageOf(error)}`)
      end()
    }
  }
}

/** The newest release before the current one that is not known to crash, or was switched to since. */
function lastGood(lineage: Lineage, history: readonly HistoryEntry[]): string | undefined {
  return lineage.slice(0, -1).findLast(id => {
    const entry = history.findLast(({ from, to, action, outcome }) => {
      if (action === 'fall-back' && from === id) return true
      return to === id && outcome !== 'failed' && action !== 'restart' && action !== 'start'
    })
    return entry === undefined || (entry.outcome === 'succeeded' && entry.to === id)
  })
}
