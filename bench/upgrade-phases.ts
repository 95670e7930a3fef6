/**
 * Where the time of an upgrade goes: the steps of `beam-deploy upgrade` as their messages come, beside what it costs to do
 * without. `node bench/upgrade-phases.ts [--rounds N]`; the package has to be built.
 */
import { parseArgs } from 'node:util'
import { CLI } from '../test/support/beam.ts'
import { tempDir } from '../test/support/pack-app.ts'
import { EXPRESS } from './support/apps.ts'
import { coldStart, extract } from './support/cold-start.ts'
import { describeHost, formatHost } from './support/host.ts'
import { startPoller } from './support/poller.ts'
import { runNode } from './support/processes.ts'
import { openScope } from './support/scope.ts'
import { spread } from './support/stats.ts'
import { type TimedUpgrade, timeUpgrade } from './support/timed-upgrade.ts'
import { KEEP_ALL, startUpgrading } from './support/upgrading.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })

const STEPS: [string, (upgrade: TimedUpgrade) => number][] = [
  ['command line starts, parent asks to unpack', ({ unpacking }) => unpacking],
  ['unpack and adopt', ({ unpacking, booting }) => booting - unpacking],
  ['boot of the peer until ready', ({ booting, switching }) => switching - booting],
  ['cutover until its first answer', ({ switching, answered }) => answered - switching],
  ['= command to first answer', ({ answered }) => answered],
  ['cutover until the parent says so', ({ switching, done }) => done - switching],
  ['command to its own end', ({ exited }) => exited],
]

/** The same work without BeamDeploy, and what any command costs. */
const REFERENCES = ['tar xzf', 'cold start', 'both together', 'node -e 0', 'beam-deploy --version'] as const

await using scope = { ...openScope(), [Symbol.asyncDispose]: () => scope.end() }
const app = await startUpgrading(scope, EXPRESS, KEEP_ALL)
const poller = startPoller(scope)
const upgrades: TimedUpgrade[] = []
const references = new Map<string, number[]>(REFERENCES.map(name => [name, []]))
const timed = async (args: string[]) => {
  const from = performance.now()
  await runNode(scope, args)
  return performance.now() - from
}
for (let round = 0; round < Number(values.rounds); round += 1) {
  const release = await app.next()
  upgrades.push(await timeUpgrade(scope, app, poller, release))
  const figures: Record<(typeof REFERENCES)[number], number> = {
    'tar xzf': await extract(scope, release.archive, tempDir(scope)),
    'cold start': await coldStart(scope, poller, { ...release, unpack: false }),
    'both together': await coldStart(scope, poller, { ...release, unpack: true }),
    'node -e 0': await timed(['-e', '0']),
    'beam-deploy --version': await timed([CLI, '--version']),
  }
  for (const name of REFERENCES) references.get(name)?.push(figures[name])
}

const line = (name: string, times: number[]) => `${name.padEnd(46)} ${spread(times, 0)}`
process.stdout.write(
  [
    formatHost(describeHost()),
    '',
    `milliseconds, median and middle half of ${upgrades.length}`,
    ...STEPS.map(([name, of]) => line(name, upgrades.map(of))),
    '',
    ...[...references].map(([name, times]) => line(name, times)),
    '',
  ].join('\n'),
)
