import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { UpgradeReport } from '../../src/rpc/contracts.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { packHealth, startHealth } from './health-support.ts'
import { assertNoLoss, errorOf, lightLoad, pack, until } from './support.ts'

/** Longer than any test. */
const LONG = ['--cutover', 'overlap', '--overlap-time', '10m']

async function upgradeWith(app: RunningApp, archive: string, ...args: string[]): Promise<UpgradeReport> {
  const { code, stdout, stderr } = await app.command('upgrade', archive, ...args, '--json')
  assert.equal(code, 0, stdout + stderr)
  return JSON.parse(stdout)
}

const configured = (t: TestContext, version: string, beamDeploy: object) =>
  pack(t, version, { manifest: { beamDeploy } })

const serving = async (app: RunningApp) =>
  (await app.status()).peers.map(({ release, state }) => [release.version, state])

test('both generations answer during an overlap, until another upgrade ends it', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const { phases, overlapMs } = await upgradeWith(app, await pack(t, '2.0.0'), ...LONG)
  assert.ok(Number(phases.cutover) < 60_000)
  assert.equal(overlapMs, 600_000)
  for (let round = 0; round < 3; round += 1) {
    await load.answeredBy('2.0.0')
    await load.answeredBy('1.0.0')
  }
  const status = await app.status()
  assert.deepEqual([status.state, status.release?.version, status.generation], ['serving', '2.0.0', 2])
  assert.deepEqual(await serving(app), [
    ['1.0.0', 'serving'],
    ['2.0.0', 'serving'],
  ])

  assert.equal((await app.upgrade(await pack(t, '3.0.0'))).overlapMs, undefined)
  await until(async () => (await app.status()).peers.length === 1)
  const before = new Map(load.tally.answers)
  await load.answeredBy('3.0.0')
  await load.answeredBy('3.0.0')
  assertNoLoss(await load.stop())
  for (const version of ['1.0.0', '2.0.0'])
    assert.equal(
      load.tally.answers.get(version),
      before.get(version),
      `${version} has answered after its end`,
    )
})

test('it ends by itself: then the old generation drains, and only the new one answers', async t => {
  const overlap = { cutover: 'overlap', overlapTime: 300 }
  const app = await startApp(t, await pack(t, '1.0.0'))
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  await app.upgrade(await configured(t, '2.0.0', overlap))
  await load.answeredBy('2.0.0')
  await until(async () => (await app.status()).peers.length === 1)
  const before = load.tally.answers.get('1.0.0')
  await load.answeredBy('2.0.0')
  await load.answeredBy('2.0.0')
  assertNoLoss(await load.stop())
  assert.equal(load.tally.answers.get('1.0.0'), before)
})

test('a rollback has no overlap, and ends one', async t => {
  const app = await startApp(t, await configured(t, '1.0.0', { cutover: 'overlap', overlapTime: '10m' }))
  await upgradeWith(app, await pack(t, '2.0.0'), ...LONG)
  const { overlapMs, release } = await app.rollback()
  assert.deepEqual([overlapMs, release.version], [undefined, '1.0.0'])
  await until(async () => (await app.status()).peers.length === 1)
  assert.deepEqual(await serving(app), [['1.0.0', 'serving']])
})

test('a rollback that fails leaves an overlap as it is', async t => {
  const files = {
    'healthz.js': `
      import { existsSync } from 'node:fs'
      export default (_request, response) => response.writeHead(existsSync(process.env.UNWELL) ? 500 : 200).end()`,
  }
  const unwell = join(tempDir(t), 'unwell')
  const config = { healthCheck: { path: '/healthz', tries: 1 } }
  const app = await startHealth(t, await packHealth(t, '1.0.0', { files, config }), {
    env: { UNWELL: unwell },
  })
  const load = lightLoad(t, app.port)
  await upgradeWith(app, await packHealth(t, '2.0.0'), ...LONG)
  writeFileSync(unwell, '')
  assert.equal(errorOf(await app.command('rollback', '--json')).code, 'health_check_failed')
  await load.answeredBy('2.0.0')
  await load.answeredBy('1.0.0')
  assertNoLoss(await load.stop())
})

test('a stop ends an overlap at once', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: LONG })
  await app.upgrade(await pack(t, '2.0.0'))
  await app.stop()
  assert.deepEqual(await app.ended, { code: 0, signal: null })
})

test('an old peer that ends during an overlap is not started again, however many do', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: [...LONG, '--peers', '2'] })
  const old = (await app.status()).peers.map(({ pid }) => Number(pid))
  const load = lightLoad(t, app.port)
  await app.upgrade(await pack(t, '2.0.0'))
  for (const pid of old) process.kill(pid, 'SIGKILL')
  await until(async () => (await app.status()).peers.filter(({ pid }) => pid !== null).length === 2)
  await load.answeredBy('2.0.0')
  await load.answeredBy('2.0.0')
  const status = await app.status()
  assert.equal(status.state, 'serving')
  assert.ok(!status.history.some(({ action }) => action === 'restart'))
  await load.stop()
})

test('what is wrong with it is told by name', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const refused = await app.command('upgrade', await pack(t, '2.0.0'), '--cutover', 'slow', '--json')
  assert.match(errorOf(refused, 2).message, /--cutover slow: it must be gate or overlap/)
})
