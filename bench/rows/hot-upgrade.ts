import { GENERATED_ENTRY, generateApp } from '../../test/support/generated-app.ts'
import { startHotProgram } from '../../test/support/hot-program.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { median, spread } from '../support/stats.ts'

const MODULES = 1_000
const PROCESSES = 1_000

interface Timed {
  total: number
  suspended: number
  swap: number
  /** Of the thread that runs the application, milliseconds. */
  cpu: number
}

/** One of many modules changes, and with it the definition of many processes, in a process without a parent. */
export const hotUpgrade: Row = {
  name: 'hot-upgrade',
  run: async context => {
    const upgrades = await timeUpgrades(context)
    const [first] = upgrades
    const row = (what: string, of: (timed: Timed) => number, max: number): Measurement => ({
      what,
      figure: median(upgrades.map(of)),
      unit: 'ms',
      digits: 1,
      budget: { max },
      details: [
        `${spread(upgrades.map(of), 1)} ms over ${upgrades.length} upgrades in a row, at least ${Math.min(...upgrades.map(of)).toFixed(1)}, the first ${(first ? of(first) : Number.NaN).toFixed(1)}`,
      ],
    })
    const total = row(`hot upgrade, 1 changed module of ${MODULES}`, ({ total }) => total, 100)
    total.details.push(
      `CPU of the application's thread ${spread(
        upgrades.map(({ cpu }) => cpu),
        0,
      )} ms`,
    )
    return [
      total,
      row(`of it ${PROCESSES} processes suspended`, ({ suspended }) => suspended, 5),
      row('of it the swap', ({ swap }) => swap, 1),
    ]
  },
}

async function timeUpgrades({ scope, rounds, progress }: RowContext): Promise<Timed[]> {
  const files = (version: string) => generateApp({ modules: MODULES, processes: PROCESSES, version })
  const program = await startHotProgram(scope, files('1.0.0'), {
    entry: GENERATED_ENTRY,
    packages: ['beam-deploy'],
    env: { PORT: '0' },
  })
  const upgrades: Timed[] = []
  const total = rounds(15)
  for (let round = 1; round <= total; round += 1) {
    progress(`upgrade ${round} of ${total}`)
    const next = files(`1.0.${round}`)
    await program.run('globalThis.before = process.threadCpuUsage()')
    const { durationMs, suspendDurationMs, swapDurationMs } = await program.upgrade(next)
    const { user, system } = await program.run<NodeJS.CpuUsage>(
      'return process.threadCpuUsage(globalThis.before)',
    )
    upgrades.push({
      total: durationMs,
      suspended: suspendDurationMs,
      swap: swapDurationMs,
      cpu: (user + system) / 1_000,
    })
  }
  await program.end()
  return upgrades
}
