import { setTimeout as delay } from 'node:timers/promises'
import { EXPRESS } from '../support/apps.ts'
import { type Memory, memoryOf } from '../support/proc.ts'
import { startProcess } from '../support/processes.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { median, spread } from '../support/stats.ts'
import { startUpgrading } from '../support/upgrading.ts'

const UPGRADES = 5
/** How long a process has nothing to do before it counts as idle. */
const IDLE_MS = 3_000
const BUDGET = { max: 1.15 }

interface Reading {
  parent: Memory
  bare: Memory
}

/** The resident memory of a parent that does nothing, against a `node` that does nothing. */
export const parentMemory: Row = {
  name: 'parent-memory',
  run: async context => {
    const total = context.rounds(3)
    const started: Reading[] = []
    const upgraded: Reading[] = []
    for (let round = 1; round <= total; round += 1) {
      context.progress(`parent ${round} of ${total}`)
      const readings = await readOne(context)
      started.push(readings.started)
      upgraded.push(readings.upgraded)
    }
    return [
      compare('idle parent’s memory, against bare node', started),
      compare(`the same after ${UPGRADES} upgrades`, upgraded),
    ]
  },
}

async function readOne({ scope }: RowContext): Promise<{ started: Reading; upgraded: Reading }> {
  const bare = startProcess(scope, process.execPath, ['-e', 'setInterval(() => {}, 1e6)'])
  const app = await startUpgrading(scope, EXPRESS)
  const read = async () => {
    await delay(IDLE_MS)
    return { parent: memoryOf(app.running.pid), bare: memoryOf(bare.pid ?? -1) }
  }
  const started = await read()
  for (let upgrade = 0; upgrade < UPGRADES; upgrade += 1) await app.upgrade()
  const upgraded = await read()
  await app.running.stop()
  return { started, upgraded }
}

function compare(what: string, readings: readonly Reading[]): Measurement {
  const ratios = readings.map(({ parent, bare }) => parent.rss / bare.rss)
  const figures = (name: string, of: (memory: Memory) => number) =>
    `${name}: ${spread(
      readings.map(({ parent }) => of(parent) / 1024),
      1,
    )} MiB, bare node ${spread(
      readings.map(({ bare }) => of(bare) / 1024),
      1,
    )} MiB`
  const pss = readings.flatMap(({ parent, bare }) =>
    parent.pss !== null && bare.pss !== null ? [parent.pss / bare.pss] : [],
  )
  return {
    what,
    figure: median(ratios),
    digits: 3,
    budget: BUDGET,
    details: [
      figures('resident (VmRSS)', ({ rss }) => rss),
      figures('of it its own (RssAnon)', ({ anonymous }) => anonymous),
      figures('of it mapped files (RssFile)', ({ file }) => file),
      pss.length > 0 ? `proportional (Pss): ratio ${spread(pss, 3)}` : 'Pss cannot be read here',
    ],
  }
}
