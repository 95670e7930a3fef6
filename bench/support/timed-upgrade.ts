import type { Readable } from 'node:stream'
import { CLI } from '../../test/support/beam.ts'
import type { Scope } from '../../test/support/scope.ts'
import { now, type Poller } from './poller.ts'
import { gone, startProcess } from './processes.ts'
import type { UpgradingApp } from './upgrading.ts'

/** Milliseconds from the start of `beam-deploy upgrade` until each moment. */
export interface TimedUpgrade {
  /** The parent has the request and asks for the archive to be unpacked: node and the command line have started. */
  unpacking: number
  /** The archive is unpacked and adopted; the new peer is about to be started. */
  booting: number
  /** The new peer holds every endpoint. */
  switching: number
  /** The new version accepts, and the parent has said so. */
  done: number
  /** The first answer of the new version, to somebody who asked all the time. */
  answered: number
  exited: number
}

/** Upgrades by the command line as a person would call it, whose steps are seen as they are printed. */
export async function timeUpgrade(
  scope: Scope,
  app: UpgradingApp,
  poller: Poller,
  release: { archive: string; version: string },
): Promise<TimedUpgrade> {
  const { running } = app
  const before = (await running.status()).peers.flatMap(({ pid }) => (pid === null ? [] : [pid]))
  const { answered } = await poller.watch(running.port, release.version)
  const from = now()
  const since = () => now() - from
  const child = startProcess(
    scope,
    process.execPath,
    [CLI, 'upgrade', release.archive, '--app', app.name, '--state-dir', running.stateRoot],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const lines = child.stderr ? timeLines(child.stderr, since) : new Map<string, number>()
  const exited = new Promise<number>((resolve, reject) => {
    child.once('exit', code =>
      code === 0 ? resolve(since()) : reject(new Error(`upgrade ended with ${code}: ${running.output()}`)),
    )
  })
  const moments = { exited: await exited, answered: (await answered) - from }
  await gone(before)
  const at = (word: string) => lines.get(word) ?? Number.NaN
  return {
    unpacking: at('unpacking'),
    booting: at('starting'),
    switching: at('switching'),
    done: at(app.name),
    ...moments,
  }
}

/** When a line came, by its first word. */
function timeLines(stream: Readable, since: () => number): Map<string, number> {
  const moments = new Map<string, number>()
  stream.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      const [word = ''] = line.split(' ', 1)
      if (word !== '' && !moments.has(word)) moments.set(word, since())
    }
  })
  return moments
}
