import { type RunningApp, startApp } from '../../test/support/beam.ts'
import { generateApp } from '../../test/support/generated-app.ts'
import { packApp } from '../../test/support/pack-app.ts'
import type { Scope } from '../../test/support/scope.ts'
import { coldStart } from '../support/cold-start.ts'
import { now, type Poller, startPoller } from '../support/poller.ts'
import type { Measurement, Row } from '../support/row.ts'
import { median, spread } from '../support/stats.ts'
import { KEEP_ALL } from '../support/upgrading.ts'

const MODULES = 200

interface Round {
  hot: number
  upgrade: number
  restart: number
}

/** From a command to the first answer of the new version: `hot-upgrade`, `upgrade`, and what somebody without either would type. */
export const hotCommand: Row = {
  name: 'hot-command',
  run: async ({ scope, rounds, progress }) => {
    const poller = startPoller(scope)
    const app = await startApp(scope, await pack(scope, '1.0.0'), KEEP_ALL)
    const all: Round[] = []
    const total = rounds(9)
    for (let round = 1; round <= total; round += 1) {
      progress(`round ${round} of ${total}`)
      const [first, second] = [`1.${round}.1`, `1.${round}.2`]
      const hot = await timeCommand(app, poller, 'hot-upgrade', await pack(scope, first), first)
      const archive = await pack(scope, second)
      const upgrade = await timeCommand(app, poller, 'upgrade', archive, second)
      const restart = await coldStart(scope, poller, { archive, version: second, unpack: true })
      all.push({ hot, upgrade, restart })
    }
    await app.stop()
    const figures = (of: (round: Round) => number) => spread(all.map(of), 0)
    const details = [
      `hot-upgrade ${figures(({ hot }) => hot)} ms, upgrade ${figures(({ upgrade }) => upgrade)} ms, tar and node ${figures(({ restart }) => restart)} ms`,
      `one of ${MODULES} modules changes; ${total} rounds`,
    ]
    return [
      against('upgrade', ({ hot, upgrade }) => hot / upgrade),
      against('tar + cold start', ({ hot, restart }) => hot / restart),
    ]

    function against(what: string, of: (round: Round) => number): Measurement {
      const figure = median(all.map(of))
      return {
        what: `hot-upgrade to first answer, against ${what}`,
        figure,
        digits: 2,
        budget: null,
        details,
      }
    }
  },
}

const pack = (scope: Scope, version: string) =>
  packApp(scope, 'http-app', {
    version,
    files: generateApp({ modules: MODULES, version }) as Record<string, string>,
  })

async function timeCommand(
  app: RunningApp,
  poller: Poller,
  command: 'hot-upgrade' | 'upgrade',
  archive: string,
  version: string,
): Promise<number> {
  const { answered } = await poller.watch(app.port, version)
  const from = now()
  const { code, stderr } = await app.command(command, archive)
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`)
  return (await answered) - from
}
