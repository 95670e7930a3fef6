import { setTimeout as delay } from 'node:timers/promises'
import type { RunningApp } from '../../test/support/beam.ts'
import { applyLoad, type Load, newConnections, type Tally } from '../../test/support/load.ts'
import { archiveOf, EXPRESS } from '../support/apps.ts'
import { gone } from '../support/processes.ts'
import type { Measurement, Row } from '../support/row.ts'
import { median, spread } from '../support/stats.ts'
import { KEEP_ALL, startUpgrading } from '../support/upgrading.ts'

const CLIENTS = 16
/** A peer can come back so often without a boot. */
const TIMES = 3

/**
 * What a bad release costs: from the end of its process, or from the command `rollback`, until clients are answered by the one before, while that is parked. Beside it a
 * rollback that boots, as without a bake.
 */
export const goingBack: Row = {
  name: 'going-back',
  run: async ({ scope, rounds, progress }) => {
    const app = await startUpgrading(scope, EXPRESS, KEEP_ALL)
    const bad = await archiveOf(scope, EXPRESS, '9.9.9')
    const crashes: number[] = []
    const backs: number[] = []
    const boots: number[] = []
    const tallies = { crash: [] as Tally[], rollback: [] as Tally[] }
    const total = rounds(2)
    for (let round = 1; round <= total; round += 1) {
      progress(`round ${round} of ${total}`)
      const good = await app.next()
      await app.running.upgrade(good.archive)
      for (let time = 1; time <= TIMES; time += 1) {
        const baked = await bake(app.running, bad)
        const load = applyLoad(app.running.port, newConnections, CLIENTS)
        scope.after(() => load.stop())
        await load.answeredBy('9.9.9')
        if (time === TIMES) {
          const { durationMs } = await app.running.rollback()
          backs.push(durationMs)
          await load.answeredBy(good.version)
          tallies.rollback.push(await load.stop())
        } else {
          crashes.push(await crash(baked.pid, load, good.version))
          tallies.crash.push(await load.stop())
        }
        await baked.ended
      }
      const next = await app.next()
      await app.running.upgrade(next.archive)
      const { durationMs, draining } = await app.running.rollback()
      boots.push(durationMs)
      await gone(draining)
    }
    const failed = (all: Tally[]) => all.reduce((sum, { failures }) => sum + failures.length, 0)
    const requests = (all: Tally[]) => all.reduce((sum, one) => sum + one.requests, 0)
    const measurements: Measurement[] = [
      {
        what: 'from the end of a baking release to the answers of the one before',
        figure: median(crashes),
        unit: 'ms',
        digits: 1,
        budget: null,
        details: [
          `${spread(crashes, 1)} ms, ${CLIENTS} clients with a connection per request`,
          `${failed(tallies.crash)} of ${requests(tallies.crash)} requests failed: what the process had in hand when it was killed`,
        ],
      },
      {
        what: 'failed requests when a rollback ends a bake',
        figure: failed(tallies.rollback),
        digits: 0,
        budget: { max: 0 },
        details: [
          `of ${requests(tallies.rollback)}`,
          `going back took ${spread(backs, 0)} ms, a rollback that boots ${spread(boots, 0)} ms`,
        ],
      },
    ]
    return measurements
  },
}

/** Upgrades, and resolves when the new release serves and the old one is parked. */
async function bake(running: RunningApp, archive: string): Promise<{ pid: number; ended: Promise<unknown> }> {
  const ended = running.command('upgrade', archive, '--bake', '5m')
  for (;;) {
    const { peers } = await running.status()
    const serving = peers.find(({ state }) => state === 'serving')
    if (serving?.pid && peers.some(({ state }) => state === 'parked')) return { pid: serving.pid, ended }
    await delay(20)
  }
}

async function crash(pid: number, load: Load, version: string): Promise<number> {
  const from = performance.now()
  const back = load.answeredBy(version)
  process.kill(pid, 'SIGKILL')
  await back
  return performance.now() - from
}
