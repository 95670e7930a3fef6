import { startApp } from '../../test/support/beam.ts'
import { http2Sessions } from '../../test/support/clients.ts'
import { applyLoad, type ClientKind, keepAlive, newConnections } from '../../test/support/load.ts'
import { type App, archiveOf, EXPRESS, HTTP2 } from '../support/apps.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { median } from '../support/stats.ts'

const CLIENTS = 16
const THINK_MS = 20

const LOADS: { label: string; app: App; kind: ClientKind }[] = [
  { label: 'a connection per request', app: EXPRESS, kind: newConnections },
  { label: 'keep-alive', app: EXPRESS, kind: keepAlive(THINK_MS) },
  { label: 'HTTP/2', app: HTTP2, kind: http2Sessions(THINK_MS) },
]

/** Requests that did not get their answer while the application was upgraded under load, and how long the upgrades took. */
export const failedRequests: Row = {
  name: 'failed-requests',
  run: async context => {
    const measurements: Measurement[] = []
    for (const load of LOADS) measurements.push(...(await upgradeUnderLoad(context, load)))
    return measurements
  },
}

async function upgradeUnderLoad(
  { scope, rounds, long, progress }: RowContext,
  { label, app, kind }: (typeof LOADS)[number],
): Promise<Measurement[]> {
  const upgrades = rounds(long ? 100 : 20)
  const archives = [await archiveOf(scope, app, '1.0.0'), await archiveOf(scope, app, '2.0.0')]
  const running = await startApp(scope, archives[0] ?? '')
  const load = applyLoad(running.port, kind, CLIENTS)
  scope.after(() => load.stop())
  await load.answeredBy('1.0.0')
  const commands: number[] = []
  const swaps: number[] = []
  const startedAt = performance.now()
  for (let upgrade = 1; upgrade <= upgrades; upgrade += 1) {
    progress(`${label}: upgrade ${upgrade} of ${upgrades}`)
    const from = performance.now()
    const { durationMs, release } = await running.upgrade(archives[upgrade % 2] ?? '')
    commands.push(performance.now() - from)
    swaps.push(durationMs)
    await load.answeredBy(release.version)
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const { requests, failures } = await load.stop()
  await running.stop()
  return [
    {
      what: `failed requests, ${upgrades} upgrades, ${label}`,
      figure: failures.length,
      digits: 0,
      budget: { max: 0 },
      details: [
        `${requests} requests by ${CLIENTS} clients, every one counted`,
        `${upgrades} upgrades of ${app.label} in ${seconds.toFixed(1)} s`,
        ...[...new Set(failures)].slice(0, 5).map(failure => `failure: ${failure}`),
      ],
    },
    {
      what: `one upgrade under load, ${label}`,
      figure: median(commands),
      unit: 'ms',
      digits: 0,
      budget: null,
      details: [`of the command, which says ${median(swaps).toFixed(0)} ms for the swap itself`],
    },
  ]
}
