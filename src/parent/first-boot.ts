import type { Store } from '../release/store.ts'
import type { Publish } from './events.ts'
import type { Generation } from './generation.ts'
import { checkGeneration } from './health-check.ts'
import type { ParentChildren } from './parent-children.ts'
import type { ParentSettings } from './settings.ts'
import { createStopwatch } from './stopwatch.ts'
import { tellStart } from './swap-events.ts'

interface FirstBootParts {
  children: ParentChildren
  settings: ParentSettings
  store: Store
  publish: Publish
  isStopping(): boolean
}

/**
 * Starts the parent children and then the first generation. Resolves to the milliseconds that this took, or to `null` when the
 * parent was stopped meanwhile; after a failure nothing of it is left.
 */
export async function firstBoot(
  generation: Generation,
  { children, settings, store, publish, isStopping }: FirstBootParts,
): Promise<number | null> {
  const { release } = generation
  const watch = createStopwatch(tellStart(publish, generation))
  try {
    await children.start()
    if (isStopping()) return null
    await watch.step('boot', `starting ${release.version}`, () => generation.boot())
    await checkGeneration(generation, { settings, logger: settings.logger, watch })
    await watch.step('cutover', `switching to ${release.version}`, async () => {
      await store.setCurrent(release.id)
      await generation.accept()
    })
  } catch (error) {
    await generation.kill()
    await children.stop()
    if (isStopping()) return null
    throw error
  }
  return isStopping() ? null : watch.total()
}
