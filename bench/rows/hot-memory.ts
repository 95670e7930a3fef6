import { generateApp } from '../../test/support/generated-app.ts'
import { startHotProgram } from '../../test/support/hot-program.ts'
import type { Row } from '../support/row.ts'

const MODULES = 20
/** Upgrades before the first look: caches have filled by then. */
const EARLY = 20

/** What a process holds of the code that hot upgrades have replaced. */
export const hotMemory: Row = {
  name: 'hot-memory',
  run: async ({ scope, rounds, progress }) => {
    const total = Math.max(rounds(200), 2 * EARLY)
    const files = (version: string) => generateApp({ modules: MODULES, version })
    const program = await startHotProgram(scope, files('1.0.0'), {
      entry: 'server.js',
      env: { PORT: '0' },
      execArgv: ['--expose-gc'],
    })
    const heap = () =>
      program.run<number>(`
        for (let round = 0; round < 5; round += 1) { gc(); await new Promise(setImmediate) }
        return process.memoryUsage().heapUsed / 1024`)
    let early = 0
    let oldCode = 0
    for (let round = 1; round <= total; round += 1) {
      progress(`upgrade ${round} of ${total}`)
      oldCode = (await program.upgrade(files(`1.0.${round}`))).oldCodeBytes
      if (round === EARLY) early = await heap()
    }
    const late = await heap()
    await program.end()
    return [
      {
        what: `memory after ${total} hot upgrades, against the first ${EARLY}`,
        figure: late / early,
        digits: 2,
        budget: { max: 1.1 },
        details: [
          `heap ${(early / 1024).toFixed(1)} MiB, then ${(late / 1024).toFixed(1)} MiB: ${((late - early) / (total - EARLY)).toFixed(1)} KiB for each upgrade`,
          `${(oldCode / 1024).toFixed(0)} KiB of code were replaced`,
        ],
      },
    ]
  },
}
