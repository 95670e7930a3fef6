import { join } from 'node:path'
import { BARE } from '../support/apps.ts'
import { sizeOf } from '../support/disk.ts'
import { memoryOf, openFilesOf } from '../support/proc.ts'
import type { Measurement, Row } from '../support/row.ts'
import { median } from '../support/stats.ts'
import { startUpgrading } from '../support/upgrading.ts'

const SAMPLE = 10
/** What "flat" means for the memory of a program with a garbage collector. */
const FLAT_MEMORY = 1.1

/** What a parent holds after its first upgrades and after its last. */
export const manyUpgrades: Row = {
  name: 'many-upgrades',
  run: async ({ scope, rounds, long, progress }) => {
    const total = Math.max(rounds(long ? 1_000 : 100), 2 * SAMPLE)
    const app = await startUpgrading(scope, BARE)
    const { pid, stateDir } = app.running
    const memory: number[] = []
    const files: number[] = []
    const disk: number[] = []
    const entries: number[] = []
    const history: number[] = []
    for (let upgrade = 1; upgrade <= total; upgrade += 1) {
      progress(`upgrade ${upgrade} of ${total}`)
      await app.upgrade()
      memory.push(memoryOf(pid).rss / 1024)
      files.push(openFilesOf(pid))
      // The history in there is bounded, but not full after the first upgrades.
      const state = sizeOf(join(stateDir, 'state.json'))
      const all = sizeOf(stateDir)
      history.push(state.kib)
      disk.push(all.kib - state.kib)
      entries.push(all.entries)
    }
    await app.running.stop()
    const title = `after ${total} upgrades, against the first ${SAMPLE}`
    return [
      compare(`parent's memory ${title}`, FLAT_MEMORY, { MiB: memory }),
      compare(`parent's open files ${title}`, 1, { descriptors: files }),
      compare(`disk ${title}`, 1, {
        'KiB without state.json': disk,
        'files and folders': entries,
        'KiB of state.json': history,
      }),
    ]
  },
}

/** The figure is that of the first of `values`, which are told by their units. */
function compare(what: string, max: number, values: Record<string, readonly number[]>): Measurement {
  const [main = []] = Object.values(values)
  return {
    what,
    figure: last(main) / first(main),
    digits: 2,
    budget: { max },
    details: Object.entries(values).map(([unit, all]) => {
      const figures = [first(all), last(all), Math.max(...all)].map(value => value.toFixed(1))
      return `median of the first ${SAMPLE} ${figures[0]}, of the last ${SAMPLE} ${figures[1]}, at most ${figures[2]} ${unit}`
    }),
  }
}

const first = (values: readonly number[]) => median(values.slice(0, SAMPLE))
const last = (values: readonly number[]) => median(values.slice(-SAMPLE))
