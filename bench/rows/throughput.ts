import { startApp } from '../../test/support/beam.ts'
import { type App, archiveOf, BARE, EXPRESS, folderOf } from '../support/apps.ts'
import { saturate } from '../support/autocannon.ts'
import { CORES, pin } from '../support/host.ts'
import { startPlain } from '../support/plain.ts'
import { cpuSecondsOf } from '../support/proc.ts'
import { killProcess } from '../support/processes.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { median, spread } from '../support/stats.ts'

const CONNECTIONS = 32
const WARM_UP_S = 2
const MEASURE_S = 3

/** Requests a second of an application under BeamDeploy, against the same application run by `node server.js`. */
export const throughput: Row = {
  name: 'throughput',
  run: async context => [await compare(context, EXPRESS), await compare(context, BARE)],
}

async function compare(context: RowContext, app: App): Promise<Measurement> {
  const total = context.rounds(7)
  const archive = await archiveOf(context.scope, app, '1.0.0')
  const dir = folderOf(context.scope, app, '1.0.0')
  const pairs: Pair[] = []
  for (let round = 0; round < total; round += 1) {
    context.progress(`${app.label}: pair ${round + 1} of ${total}`)
    pairs.push(await measurePair(context, { archive, dir, oursFirst: round % 2 === 0 }))
  }
  const ratios = pairs.map(({ ours, plain }) => ours.perSecond / plain.perSecond)
  const cpuRatios = pairs.map(({ ours, plain }) => ours.cpu / plain.cpu)
  const both = (of: (figures: Figures) => number, digits: number) =>
    `${spread(
      pairs.map(pair => of(pair.ours)),
      digits,
    )}, plain ${spread(
      pairs.map(pair => of(pair.plain)),
      digits,
    )}`
  return {
    what: `throughput of ${app.label}, against plain node`,
    figure: median(ratios),
    digits: 3,
    budget: { min: 0.98 },
    details: [
      `ratio ${spread(ratios, 3)} over ${total} pairs of processes, each ${MEASURE_S} s on ${CONNECTIONS} connections`,
      `requests a second: ${both(({ perSecond }) => perSecond, 0)}`,
      `the server's CPU for a request (µs): ${both(({ cpu }) => cpu, 1)}, ratio ${spread(cpuRatios, 3)}`,
      CORES
        ? `servers on core ${CORES.server}, load on core ${CORES.load} (taskset)`
        : 'nothing pinned: taskset or a second core is missing',
    ],
  }
}

interface Figures {
  perSecond: number
  /** Microseconds of the server's CPU for a request. */
  cpu: number
}

interface Pair {
  ours: Figures
  plain: Figures
}

/**
 * New processes for each pair: two that run the same program differ by several percent, for as long as they live, by what their
 * compiler happened to see first.
 */
async function measurePair(
  { scope }: RowContext,
  { archive, dir, oursFirst }: { archive: string; dir: string; oursFirst: boolean },
): Promise<Pair> {
  const running = await startApp(scope, archive)
  const { activePeer } = await running.status()
  if (!activePeer) throw new Error('nothing serves')
  const plain = await startPlain(scope, dir)
  if (CORES) for (const { pid } of [activePeer, plain]) pin(pid, CORES.server)

  const measure = async ({ port, pid }: { port: number; pid: number }): Promise<Figures> => {
    const load = { port, connections: CONNECTIONS, core: CORES?.load ?? null }
    await saturate(scope, { ...load, seconds: WARM_UP_S })
    const before = cpuSecondsOf(pid)
    const { requests, perSecond } = await saturate(scope, { ...load, seconds: MEASURE_S })
    return { perSecond, cpu: ((cpuSecondsOf(pid) - before) / requests) * 1e6 }
  }
  const ours = { port: running.port, pid: activePeer.pid }
  const first = await measure(oursFirst ? ours : plain)
  const second = await measure(oursFirst ? plain : ours)
  await running.stop()
  await killProcess(plain.child)
  return oursFirst ? { ours: first, plain: second } : { ours: second, plain: first }
}
