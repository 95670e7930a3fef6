import { tempDir } from '../../test/support/pack-app.ts'
import { type App, BARE, EXPRESS, folderOf } from '../support/apps.ts'
import { saturate } from '../support/autocannon.ts'
import { firstBoot, HOT_LOADING, layOutGenerated, timeBoot } from '../support/boot.ts'
import { CORES, pin } from '../support/host.ts'
import { startPlain, untilListening } from '../support/plain.ts'
import { cpuSecondsOf } from '../support/proc.ts'
import { killProcess } from '../support/processes.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { inPairs, median, quantile, spread } from '../support/stats.ts'

const MODULES = 500
const HOT = ['--import', HOT_LOADING]
const WARM_UP_S = 2
const MEASURE_S = 3

/** What an application pays for being ready to be upgraded in place: `node --import beam-deploy/hot server.js` against `node server.js`. */
export const hotLoading: Row = {
  name: 'hot-loading',
  run: async context => [
    await boot(context, false),
    await boot(context, true),
    await throughput(context, EXPRESS),
    await throughput(context, BARE),
  ],
}

/** @param compiled whether Node.js keeps what it compiles on both sides, as it does in peers; each has a folder of its own for it. */
async function boot({ scope, rounds, progress }: RowContext, compiled: boolean): Promise<Measurement> {
  const total = rounds(15)
  const dir = layOutGenerated(scope, { modules: MODULES, version: '1.0.0' })
  const hotBoot = { execArgv: HOT, ...(compiled && { compileCache: tempDir(scope) }) }
  const plainBoot = { execArgv: [], ...(compiled && { compileCache: tempDir(scope) }) }
  await firstBoot(scope, dir, hotBoot)
  if (compiled) await firstBoot(scope, dir, plainBoot)
  const pairs = await inPairs(
    total,
    round => {
      progress(`boot ${round + 1} of ${total}`)
      return timeBoot(scope, dir, hotBoot)
    },
    () => timeBoot(scope, dir, plainBoot),
  )
  const hot = pairs.map(({ a }) => a)
  const plain = pairs.map(({ b }) => b)
  const ratios = pairs.map(({ a, b }) => a / b)
  return {
    what: `boot of ${MODULES} modules with hot loading, against without${compiled ? ', both with a compile cache' : ''}`,
    figure: median(ratios),
    digits: 2,
    budget: { max: 1.1 },
    details: [
      `ratio ${spread(ratios, 2)} over ${total} pairs, of the fastest ${(Math.min(...hot) / Math.min(...plain)).toFixed(2)}, of the fastest quarters ${(quantile(hot, 0.25) / quantile(plain, 0.25)).toFixed(2)}`,
      `with ${spread(hot, 0)} ms, without ${spread(plain, 0)} ms`,
      'what is kept from one start to the next was there',
    ],
  }
}

async function throughput(context: RowContext, app: App): Promise<Measurement> {
  const total = context.rounds(7)
  const dir = folderOf(context.scope, app, '1.0.0')
  const pairs = await inPairs(
    total,
    round => {
      context.progress(`${app.label}: pair ${round + 1} of ${total}`)
      return measure(context, dir, HOT)
    },
    () => measure(context, dir, []),
  )
  const ratios = pairs.map(({ a, b }) => a.perSecond / b.perSecond)
  const cpu = pairs.map(({ a, b }) => a.cpu / b.cpu)
  return {
    what: `throughput of ${app.label} with hot loading, against without`,
    figure: median(ratios),
    digits: 3,
    budget: { min: 0.99 },
    details: [
      `ratio ${spread(ratios, 3)} over ${total} pairs of processes, the server's CPU for a request ${spread(cpu, 3)}`,
      `requests a second: ${spread(
        pairs.map(({ a }) => a.perSecond),
        0,
      )} with, ${spread(
        pairs.map(({ b }) => b.perSecond),
        0,
      )} without`,
    ],
  }
}

async function measure({ scope }: RowContext, dir: string, execArgv: readonly string[]) {
  const server = await startPlain(scope, dir, { execArgv })
  if (CORES) pin(server.pid, CORES.server)
  await untilListening(server.port)
  const load = { port: server.port, connections: 32, core: CORES?.load ?? null }
  await saturate(scope, { ...load, seconds: WARM_UP_S })
  const before = cpuSecondsOf(server.pid)
  const { requests, perSecond } = await saturate(scope, { ...load, seconds: MEASURE_S })
  const cpu = ((cpuSecondsOf(server.pid) - before) / requests) * 1e6
  await killProcess(server.child)
  return { perSecond, cpu }
}
