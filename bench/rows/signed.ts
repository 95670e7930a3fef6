import { join } from 'node:path'
import { beamJson } from '../../test/support/beam.ts'
import { tempDir } from '../../test/support/pack-app.ts'
import { EXPRESS } from '../support/apps.ts'
import type { Row } from '../support/row.ts'
import { inPairs, quantile, spread } from '../support/stats.ts'
import { KEEP_ALL, startUpgrading } from '../support/upgrading.ts'

/** What it adds to an upgrade that the parent checks a signature, and who unpacks is a process of its own for that. */
export const signed: Row = {
  name: 'signed',
  run: async ({ scope, rounds, progress }) => {
    const key = join(tempDir(scope), 'key')
    await beamJson(['keygen', '--out', key])
    const args = [...(KEEP_ALL.args ?? []), '--verify', `${key}.pub`]
    const checked = await startUpgrading(scope, EXPRESS, { args }, archive =>
      beamJson(['sign', archive, '--key', `${key}.key`]),
    )
    const unchecked = await startUpgrading(scope, EXPRESS, KEEP_ALL)
    const total = rounds(10)
    const pairs = await inPairs(
      total,
      round => {
        progress(`pair ${round + 1} of ${total}`)
        return checked.upgrade()
      },
      () => unchecked.upgrade(),
    )
    const [withCheck, without] = [pairs.map(({ a }) => a), pairs.map(({ b }) => b)]
    return [
      {
        what: 'upgrade of a signed release with --verify, against one without',
        figure: quantile(
          pairs.map(({ a, b }) => a / b),
          0.5,
        ),
        digits: 2,
        budget: null,
        details: [
          `Express, from the command to its end: ${spread(withCheck, 0)} ms with, ${spread(without, 0)} ms without`,
        ],
      },
    ]
  },
}
