import { startApp } from '../../test/support/beam.ts'
import { type App, archiveOf, BARE, EXPRESS, folderOf } from '../support/apps.ts'
import { saturate } from '../support/autocannon.ts'
import { CORES, pin } from '../support/host.ts'
import { startPlain } from '../support/plain.ts'
import { cpuSecondsOf } from '../support/proc.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { inPairs, median, spread } from '../support/stats.ts'

const CONNECTIONS = 32
const WARM_UP_S = 2
const MEASURE_S = 3

/** Requests a second of an application under BeamDeploy, against the same application run by `node server.js`. */
export const throughput: Row = {
  name: 'throughput',
  run: async context => [await compare(context, EXPRESS), await compare(context, BARE)],
}

async function compare({ scope, rounds, progress }: RowContext, app: App): Promise<Measurement> {
  const running = await startApp(scope, await archiveOf(scope, app, '1.0.0'))
  const { activePeer } = await running.status()
  if (!activePeer) throw new Error('nothing serves')
  const plain = await startPlain(scope, folderOf(scope, app, '1.0.0'))
  if (CORES) for (const pid of [activePeer.pid, plain.pid]) pin(pid, CORES.server)

  const measure = async (server: { port: number; pid: number }, seconds: number) => {
    const before = cpuSecondsOf(server.pid)
    const core = CORES?.load ?? null
    const { requests, perSecond } = await saturate(scope, {
      port: server.port,
      connections: CONNECTIONS,
      seconds,
      core,
    })
    return { perSecond, cpu: ((cpuSecondsOf(server.pid) - before) / requests) * 1e6 }
  }
  const ours = { port: running.port, pid: activePeer.pid }
  progress(`${app.label}: warming up`)
  for (const server of [ours, plain]) await measure(server, WARM_UP_S)
  const total = rounds(6)
  const pairs = await inPairs(
    total,
    round => {
      progress(`${app.label}: pair ${round + 1} of ${total}`)
      return measure(ours, MEASURE_S)
    },
    () => measure(plain, MEASURE_S),
  )
  await running.stop()
  const ratios = pairs.map(({ a, b }) => a.perSecond / b.perSecond)
  const cpuRatios = pairs.map(({ a, b }) => a.cpu / b.cpu)
  return {
    what: `throughput of ${app.label}, against plain node`,
    figure: median(ratios),
    digits: 3,
    budget: { min: 0.98 },
    details: [
      `ratio ${spread(ratios, 3)} over ${total} pairs of ${MEASURE_S} s, ${CONNECTIONS} connections`,
      `requests a second: ${spread(
        pairs.map(({ a }) => a.perSecond),
        0,
      )}, plain ${spread(
        pairs.map(({ b }) => b.perSecond),
        0,
      )}`,
      `the server's CPU for a request (µs): ${spread(
        pairs.map(({ a }) => a.cpu),
        1,
      )}, plain ${spread(
        pairs.map(({ b }) => b.cpu),
        1,
      )}, ratio ${spread(cpuRatios, 3)}`,
      CORES
        ? `servers on core ${CORES.server}, load on core ${CORES.load} (taskset)`
        : 'nothing pinned: taskset or a second core is missing',
    ],
  }
}
