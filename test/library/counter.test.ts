import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { assertNoLoss, get, until } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { applyLoad, keepAlive, newConnections } from '../support/load.ts'
import { packApp } from '../support/pack-app.ts'

for (const [how, env] of [
  ['as the result of beforeCutover', {}],
  ['by a call to the next peer', { BY_CALL: '1' }],
] as const)
  test(`a count in memory goes on from release to release, ${how}: no increment is lost`, async t => {
    await countOn(t, env)
  })

async function countOn(t: TestContext, env: NodeJS.ProcessEnv) {
  const [first, ...next] = await Promise.all(
    ['1.0.0', '2.0.0', '3.0.0'].map(version => packApp(t, 'counter-app', { version })),
  )
  const app = await startApp(t, first ?? '', { env })
  const loads = [applyLoad(app.port, newConnections, 4), applyLoad(app.port, keepAlive(2), 4)]
  t.after(() => Promise.all(loads.map(load => load.stop())))
  for (const archive of next) {
    const { release } = await app.upgrade(archive)
    await Promise.all(loads.map(load => load.answeredBy(release.version)))
  }
  const tallies = await Promise.all(loads.map(load => load.stop()))
  for (const tally of tallies) assertNoLoss(tally)
  const answered = tallies.reduce((sum, { requests }) => sum + requests, 0)
  // When both former peers have handed over.
  await until(async () => (await app.status()).peers.length === 1)
  await until(async () => Number(await get(app.port, '/count')) >= answered)
  assert.equal(Number(await get(app.port, '/count')), answered)
  assert.deepEqual(
    new Set(tallies.flatMap(({ answers }) => [...answers.keys()])),
    new Set(['1.0.0', '2.0.0', '3.0.0']),
  )
}
