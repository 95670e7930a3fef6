import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type RunningApp, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { assertCurrent, notItsOwn } from './bake-support.ts'
import { about, boots, errorOf, get, lightLoad, pack, until, waitsFor } from './support.ts'

/** Ends at each boot from when the file is there that the variable names. */
const endsWhen = (variable: string) => `
import { existsSync } from 'node:fs'
if (existsSync(process.env.${variable})) throw new Error('cannot start')
`

async function prepare(t: TestContext) {
  const dir = tempDir(t)
  const env = { BAD: join(dir, 'bad'), WORSE: join(dir, 'worse'), GATE: join(dir, 'gate') }
  return { env, create: (name: keyof typeof env) => writeFileSync(env[name], '') }
}

/** Has the peer that serves end, as often as it takes until another version answers. */
async function crashUntil(app: RunningApp, version: string): Promise<void> {
  await until(async () => {
    await get(app.port, '/crash').catch(() => undefined)
    return (await about(app.port).catch(() => null))?.version === version
  })
}

test('a release that crashes over the limit falls back to the one before, which nobody has to ask for', async t => {
  const { env, create } = await prepare(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env })
  await app.upgrade(await pack(t, '2.0.0', boots(endsWhen('BAD'))))
  const load = lightLoad(t, app.port)
  await load.answeredBy('2.0.0')
  create('BAD')
  process.kill((await about(app.port)).pid, 'SIGKILL')

  await load.answeredBy('1.0.0')

  const tally = await load.stop()
  // Who asks meanwhile waits; only what the killed process had in hand is lost.
  assert.deepEqual(notItsOwn(tally, /socket hang up|ECONNRESET/), [])
  assert.ok(tally.failures.length <= 4, `${tally.failures.length} failures of 4 clients`)
  await until(async () => (await app.status()).lastUpgrade?.action === 'fall-back')
  await assertCurrent(app, '1.0.0')
  const { lastUpgrade, previous } = await app.status()
  assert.equal(previous, null)
  assert.equal(lastUpgrade?.outcome, 'succeeded')
  assert.match(lastUpgrade?.from ?? '', /^2\.0\.0-/)
  assert.match(
    lastUpgrade?.message ?? '',
    /^2\.0\.0 crashed too often: peer 2\.0 \(process \d+\) ended with .*; 5 restarts in 60 s did not help$/,
  )
  assert.match(app.output(), /2\.0\.0 crashes too often; falling back to 1\.0\.0/)
  assert.match(
    (await app.command('status')).stdout,
    /fall-back to 1\.0\.0-\w{12} in .*: 2\.0\.0 crashed too often/,
  )
  assert.equal(errorOf(await app.command('rollback', '--json')).code, 'no_previous_release')
  assert.equal((await app.upgrade(await pack(t, '3.0.0'))).release.version, '3.0.0')
})

test('one that crashes too often while it serves falls back, too; with several peers the others serve meanwhile', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--peers', '2'] })
  await app.upgrade(await pack(t, '2.0.0'))
  await crashUntil(app, '1.0.0')
  await until(async () => (await app.status()).lastUpgrade?.action === 'fall-back')
  await assertCurrent(app, '1.0.0')
})

test('when the release before cannot start either, everything ends, and the next start begins with the newest', async t => {
  const { env, create } = await prepare(t)
  const app = await startApp(t, await pack(t, '1.0.0', boots(endsWhen('BAD'))), { env })
  await app.upgrade(await pack(t, '2.0.0', boots(endsWhen('BAD'))))
  create('BAD')
  process.kill((await about(app.port)).pid, 'SIGKILL')
  assert.deepEqual(await app.ended, { code: 1, signal: null })
  assert.match(app.output(), /falling back to 1\.0\.0[\s\S]*nothing serves any more/)
  rmSync(env.BAD)
  const again = await startApp(t, null, { stateRoot: app.stateRoot, port: app.port, env })
  assert.equal((await about(again.port)).version, '2.0.0')
})

test('nor is there a way further back when that one crashes too often itself', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  for (const version of ['2.0.0', '3.0.0']) await app.upgrade(await pack(t, version))
  await crashUntil(app, '2.0.0')
  let ended = false
  void app.ended.then(() => {
    ended = true
  })
  while (!ended) await get(app.port, '/crash').catch(() => undefined)
  assert.deepEqual(await app.ended, { code: 1, signal: null })
  assert.doesNotMatch(app.output(), /falling back to 1\.0\.0/)
  const again = await startApp(t, null, { stateRoot: app.stateRoot, port: app.port })
  assert.equal((await about(again.port)).version, '3.0.0')
  // From here what is known to crash is passed over.
  await crashUntil(again, '1.0.0')
  await until(async () => (await again.status()).lastUpgrade?.action === 'fall-back')
  await assertCurrent(again, '1.0.0')
})

test('an upgrade that is under way goes on: it may be the cure', async t => {
  const { env, create } = await prepare(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env })
  await app.upgrade(await pack(t, '2.0.0', boots(endsWhen('BAD'))))
  const cure = app.upgrade(await pack(t, '3.0.0', waitsFor('GATE')))
  await until(async () => (await app.status()).peers.some(({ state }) => state === 'booting'))
  create('BAD')
  process.kill((await about(app.port)).pid, 'SIGKILL')
  await until(() => /5 restarts in 60 s did not help/.test(app.output()))
  create('GATE')
  assert.equal((await cure).release.version, '3.0.0')
  assert.equal((await about(app.port)).version, '3.0.0')
  assert.doesNotMatch(app.output(), /falling back/)
})

test('where it is none, the fall-back comes after it', async t => {
  const { env, create } = await prepare(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env })
  await app.upgrade(await pack(t, '2.0.0', boots(endsWhen('BAD'))))
  const none = app.command('upgrade', await pack(t, '3.0.0', waitsFor('GATE')), '--json')
  const booting = await until(async () => {
    const { peers } = await app.status()
    return peers.find(({ generation, state }) => generation === 3 && state === 'booting')?.pid
  })
  create('BAD')
  process.kill((await about(app.port)).pid, 'SIGKILL')
  await until(() => /5 restarts in 60 s did not help/.test(app.output()))
  process.kill(booting, 'SIGKILL')
  assert.equal(errorOf(await none).code, 'peer_start_failed')
  assert.equal((await about(app.port)).version, '1.0.0')
})
