import { untilGone } from '../../test/parent/support.ts'
import { packRunner, type Runner, startRunner } from '../../test/support/run-code.ts'
import type { Measurement, Row } from '../support/row.ts'
import { quantile, spread } from '../support/stats.ts'

/** Notes by the clock that all processes of a host share when the work begins, is told to let go, and has. */
const BOOT = `({ beam, note }) => {
  const at = what => note([what, process.hrtime.bigint(), process.pid].join(' '))
  beam.lease('bench', async signal => {
    at('begins')
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    at('told')
  })
}`

interface Noted {
  what: string
  /** Milliseconds. */
  at: number
  pid: number
}

/**
 * For how long nobody has a lease: at a swap, from when the old work is told, and lets go at once, until the new work begins; and when its holder is
 * killed, until the work begins in the peer beside it.
 */
export const lease: Row = {
  name: 'lease',
  run: async ({ scope, rounds, progress }) => {
    const archive = await packRunner(scope, '1.0.0', { boot: BOOT })
    const app = await startRunner(scope, archive, { args: ['--peers', '2'] })
    const moved: number[] = []
    const takenOver: number[] = []
    let holder = await untilBegun(app, 1)
    for (let round = 1; round <= rounds(20); round += 1) {
      progress(`swap ${round}`)
      const { draining } = await app.upgrade(archive)
      holder = await untilBegun(app, 2 * round)
      const told = notedBy(app).findLast(({ what }) => what === 'told')
      moved.push(holder.at - (told?.at ?? Number.NaN))
      for (const pid of draining) await untilGone(pid)
      progress(`kill ${round}`)
      const killedAt = Number(process.hrtime.bigint()) / 1e6
      process.kill(holder.pid, 'SIGKILL')
      holder = await untilBegun(app, 2 * round + 1)
      takenOver.push(holder.at - killedAt)
    }
    return [
      measured('nobody has a lease at a swap', moved),
      measured('nobody has a lease when its holder is killed', takenOver),
    ]
  },
}

const measured = (what: string, times: readonly number[]): Measurement => ({
  what,
  figure: quantile(times, 0.5),
  unit: 'ms',
  digits: 1,
  budget: null,
  details: [`${spread(times, 1)} ms over ${times.length}, at worst ${Math.max(...times).toFixed(1)} ms`],
})

const notedBy = (app: Runner): Noted[] =>
  app.notes().map(line => {
    const [, what = '', at, pid] = line.split(' ')
    return { what, at: Number(at) / 1e6, pid: Number(pid) }
  })

/** Resolves to the `count`th beginning. */
async function untilBegun(app: Runner, count: number): Promise<Noted> {
  for (;;) {
    const begun = notedBy(app).filter(({ what }) => what === 'begins')[count - 1]
    if (begun) return begun
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
