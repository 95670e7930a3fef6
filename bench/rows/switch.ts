import { get } from '../../test/support/load.ts'
import { EXPRESS } from '../support/apps.ts'
import type { Measurement, Row } from '../support/row.ts'
import { inPairs, quantile, spread } from '../support/stats.ts'
import { KEEP_ALL, startUpgrading, type UpgradingApp } from '../support/upgrading.ts'

/** Milliseconds between two connections. */
const PACE_MS = 2

/**
 * How long the switch takes: by the parent's account, and by that of clients which connect all the time; and what a health check of one path adds to an
 * upgrade.
 */
export const switchTime: Row = {
  name: 'switch',
  run: async ({ scope, rounds, progress }) => {
    const checked = await startUpgrading(scope, EXPRESS, {
      args: [...(KEEP_ALL.args ?? []), '--health', '/'],
    })
    const unchecked = await startUpgrading(scope, EXPRESS, KEEP_ALL)
    const total = rounds(12)
    const pairs = await inPairs(
      total,
      round => {
        progress(`pair ${round + 1} of ${total}`)
        return observe(checked)
      },
      () => observe(unchecked),
    )
    const all = pairs.flatMap(({ a, b }) => [a, b])
    return [
      measured(
        'the switch: the old release still takes connections for',
        all.map(({ overlapMs }) => overlapMs),
        `from the first connection that the new release has taken to the last one of the old, of one each ${PACE_MS} ms; negative where none lies between`,
      ),
      measured(
        'the switch, by the parent, with what it writes to disk',
        all.map(({ cutoverMs }) => cutoverMs),
        'the phase `cutover` of the report',
      ),
      measured(
        'what a health check of one path adds to an upgrade',
        pairs.map(({ a }) => a.healthMs),
        'the phase `health` of the report',
      ),
    ]
  },
}

interface Observed {
  overlapMs: number
  cutoverMs: number
  healthMs: number
}

/** Upgrades once, while connections are opened; each is for one request, and must be answered. */
async function observe(app: UpgradingApp): Promise<Observed> {
  const { archive, version } = await app.next()
  let lastOld = Number.NEGATIVE_INFINITY
  let firstNew = Number.POSITIVE_INFINITY
  const asked: Promise<void>[] = []
  const ask = async () => {
    const at = performance.now()
    const answered = await get({ port: app.running.port, path: '/', agent: false })
    if (answered === version) firstNew = Math.min(firstNew, at)
    else lastOld = Math.max(lastOld, at)
  }
  const timer = setInterval(() => asked.push(ask()), PACE_MS)
  const { phases } = await app.running.upgrade(archive).finally(() => clearInterval(timer))
  // At least one that the new release takes.
  asked.push(ask())
  await Promise.all(asked)
  return { overlapMs: lastOld - firstNew, cutoverMs: phases.cutover ?? 0, healthMs: phases.health ?? 0 }
}

const measured = (what: string, times: readonly number[], how: string): Measurement => ({
  what,
  figure: quantile(times, 0.5),
  unit: 'ms',
  digits: 1,
  budget: null,
  details: [how, `${spread(times, 1)} ms over ${times.length}, at worst ${Math.max(...times).toFixed(1)} ms`],
})
