import { EXPRESS } from '../support/apps.ts'
import { coldStart } from '../support/cold-start.ts'
import { startPoller } from '../support/poller.ts'
import type { Row } from '../support/row.ts'
import { inPairs, median, spread } from '../support/stats.ts'
import { timeUpgrade } from '../support/timed-upgrade.ts'
import { KEEP_ALL, startUpgrading } from '../support/upgrading.ts'

/**
 * From the start of the `upgrade` command to the first answer of the new version, against `tar xzf` of the same
 * archive and `node server.js` to its first answer. Every archive is new to the host.
 */
export const upgradeTime: Row = {
  name: 'upgrade-time',
  run: async ({ scope, rounds, progress }) => {
    const app = await startUpgrading(scope, EXPRESS, KEEP_ALL)
    const poller = startPoller(scope)
    const total = rounds(15)
    const releases = await Promise.all(Array.from({ length: total }, () => app.next()))
    const release = (round: number) => {
      const found = releases[round]
      if (!found) throw new RangeError(`no release for round ${round}`)
      return found
    }
    const pairs = await inPairs(
      total,
      round => {
        progress(`pair ${round + 1} of ${total}`)
        return timeUpgrade(scope, app, poller, release(round))
      },
      round => coldStart(scope, poller, { ...release(round), unpack: true }),
    )
    const ratios = pairs.map(({ a, b }) => a.answered / b)
    const between = (name: string, of: (pair: (typeof pairs)[number]) => number) =>
      `${name} ${median(pairs.map(of)).toFixed(0)}`
    return [
      {
        what: 'upgrade to first answer, against tar + cold start',
        figure: median(ratios),
        digits: 2,
        budget: { max: 1 },
        details: [
          `ratio ${spread(ratios, 2)} over ${total} pairs`,
          `upgrade ${spread(
            pairs.map(({ a }) => a.answered),
            0,
          )} ms, tar + cold start ${spread(
            pairs.map(({ b }) => b),
            0,
          )} ms`,
          `of the upgrade (ms): ${[
            between('command line', ({ a }) => a.unpacking),
            between('unpack', ({ a }) => a.booting - a.unpacking),
            between('boot', ({ a }) => a.switching - a.booting),
            between('cutover to first answer', ({ a }) => a.answered - a.switching),
          ].join(', ')} (node bench/upgrade-phases.ts shows more)`,
        ],
      },
    ]
  },
}
