import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startApp } from '../support/beam.ts'
import {
  applyLoad,
  bigResponses,
  byteByByte,
  type ClientKind,
  keepAlive,
  newConnections,
  slowResponses,
} from '../support/load.ts'
import { packApp } from '../support/pack-app.ts'

const SWAPS = 20

const LOADS: [string, ClientKind, number][] = [
  ['a new connection per request', newConnections, 16],
  ['keep-alive with think time', keepAlive(20), 16],
  ['8 MB responses', bigResponses, 4],
  ['2 s responses', slowResponses(2_000), 16],
  ['requests sent one byte at a time', byteByByte(10), 16],
]

for (const peers of [1, 2]) {
  for (const [name, kind, clients] of LOADS) {
    test(`${SWAPS} upgrades with ${name}, ${peers} peer(s): no request fails`, async t => {
      const { tally, versions } = await upgradeUnderLoad(t, {
        kind,
        clients,
        args: ['--peers', String(peers)],
      })
      assert.deepEqual(tally.failures, [])
      const answered = [...tally.answers.values()].reduce((sum, count) => sum + count, 0)
      assert.equal(answered, tally.requests)
      // Each version served: the swaps did happen under this load.
      assert.deepEqual([...tally.answers.keys()].sort(), versions.sort())
    })
  }
}

test('the harness sees failures: peers that are killed instead of drained lose requests', async t => {
  const { tally } = await upgradeUnderLoad(t, {
    kind: slowResponses(500),
    clients: 8,
    args: ['--shutdown-timeout', '1ms'],
  })
  assert.notEqual(tally.failures.length, 0)
})

/** Alternates between two archives; a version tells its swap by the archive, so each is awaited under load. */
async function upgradeUnderLoad(
  t: TestContext,
  { kind, clients, args }: { kind: ClientKind; clients: number; args: string[] },
) {
  const versions = ['1.0.0', '2.0.0']
  const archives = await Promise.all(versions.map(version => packApp(t, 'express-app', { version })))
  const app = await startApp(t, archives[0] ?? '', { args })
  const load = applyLoad(app.port, kind, clients)
  await load.answeredBy('1.0.0')
  for (let swap = 1; swap <= SWAPS; swap += 1) {
    const target = swap % 2
    const report = await app.upgrade(archives[target] ?? '')
    assert.equal(report.release.version, versions[target])
    await load.answeredBy(versions[target] ?? '')
  }
  return { tally: await load.stop(), versions }
}
