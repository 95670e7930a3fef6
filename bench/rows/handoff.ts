import { packRunner, type Runner, startRunner } from '../../test/support/run-code.ts'
import type { Measurement, Row } from '../support/row.ts'
import { median, spread } from '../support/stats.ts'

/** What is handed over, as the code that makes it in the peer: a list of keys and values. */
const VALUES: [what: string, code: string][] = [
  ['a buffer of 256 MB under one key', `[['key', Buffer.alloc(256 * 1024 * 1024, 7)]]`],
  [
    '100 000 small keys',
    `Array.from({ length: 100_000 }, (_, id) => ['key ' + id, { id, name: 'user ' + id }])`,
  ],
  [
    '100 000 objects with dates and maps under one key',
    `[['key', Array.from({ length: 100_000 }, (_, id) => ({ id, name: 'user ' + id, at: new Date(id), tags: new Map([[id, 1]]) }))]]`,
  ],
]

/** `putHandoff` and `getHandoff`, over two processes and back, against `v8.serialize` and `v8.deserialize` in the peer itself. */
export const handoff: Row = {
  name: 'handoff',
  run: async ({ scope, rounds, progress }) => {
    const app = await startRunner(scope, await packRunner(scope, '1.0.0'))
    const measurements: Measurement[] = []
    for (const [what, code] of VALUES) {
      progress(what)
      measurements.push(await measure(app, what, code, rounds(5)))
    }
    await app.stop()
    return measurements
  },
}

async function measure(app: Runner, what: string, code: string, rounds: number): Promise<Measurement> {
  const readings: { handoff: number; serialize: number }[] = []
  // The first is not counted: the peer compiles what it needs for it.
  for (let round = 0; round <= rounds; round += 1) readings.push(await readOne(app, code))
  const counted = readings.slice(1)
  const times = (of: 'handoff' | 'serialize') =>
    spread(
      counted.map(reading => reading[of]),
      0,
    )
  return {
    what: `handoff of ${what}, put and got, against v8.serialize and deserialize`,
    figure: median(counted.map(({ handoff, serialize }) => handoff / serialize)),
    digits: 1,
    budget: null,
    details: [`handoff ${times('handoff')} ms`, `v8 ${times('serialize')} ms`],
  }
}

async function readOne(app: Runner, code: string): Promise<{ handoff: number; serialize: number }> {
  return (await app.value(`
    const { deserialize, serialize } = await import('node:v8')
    const entries = ${code}
    const time = async run => {
      const startedAt = performance.now()
      await run()
      return performance.now() - startedAt
    }
    return {
      handoff: await time(async () => {
        await Promise.all(entries.map(([key, value]) => beam.putHandoff(key, value)))
        await beam.getAllHandoff()
      }),
      serialize: await time(() => entries.map(([, value]) => deserialize(serialize(value)))),
    }`)) as { handoff: number; serialize: number }
}
