import { type Bake, createBake } from './bake.ts'
import type { BakeSettings } from './bake-settings.ts'
import type { BlueGreenParts } from './blue-green.ts'
import { goBack } from './go-back.ts'
import type { Turn } from './parent-types.ts'
import { reportOf } from './status.ts'
import type { Stopwatch } from './stopwatch.ts'

interface BakeSwapParts extends BlueGreenParts {
  watch: Stopwatch
  /** Names the old release as the current one again. */
  restore(): Promise<void>
}

/** The bake of one swap. */
export function bakeFor(how: BakeSettings, turn: Turn, parts: BakeSwapParts): Bake {
  const { settings, drains, isStopping, newGeneration, onGone, restore, watch, logger } = parts
  const { outgoing, signal } = turn
  return createBake({
    settings,
    how,
    outgoing,
    watch,
    logger,
    signal,
    begun: (incoming, rollBack) => turn.serve(incoming, { parked: outgoing, rollBack }),
    unparkable: () => {
      logger.warn(
        `generation ${outgoing.number} (${outgoing.release.version}) cannot be parked (node:cluster), and drains; ` +
          'should the new one not stand, it is booted afresh',
      )
      drains.add(outgoing, isStopping() ? undefined : onGone)
    },
    goBack: async incoming => {
      const startedAt = watch.total()
      const serving = await goBack(incoming, {
        outgoing,
        drains,
        logger,
        isStopping,
        newGeneration: release => newGeneration(release),
        restore,
        serve: generation => turn.serve(generation, null),
        onGone,
      })
      const durationMs = Math.round(watch.total() - startedAt)
      const { app } = settings
      const facts = { action: 'rollback', app, durationMs, phases: { back: durationMs } } as const
      return reportOf({ ...facts, outgoing: incoming, incoming: serving })
    },
  })
}
