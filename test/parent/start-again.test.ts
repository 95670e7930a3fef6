import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { about, boots, errorOf, pack, run } from './support.ts'

test('after a stop, the same archive starts what was switched to since', async t => {
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive)
  await app.upgrade(await pack(t, '2.0.0'))
  await app.stop()
  const again = await startApp(t, archive, { stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '2.0.0')
  const { previous, release } = await again.status()
  assert.deepEqual([previous?.version, release?.version], ['1.0.0', '2.0.0'])
})

test('after a rollback, that is what the rollback went to', async t => {
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive)
  await app.upgrade(await pack(t, '2.0.0'))
  await app.rollback()
  await app.stop()
  const again = await startApp(t, archive, { stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '1.0.0')
})

test('another archive is a new decision, and a rollback undoes it', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  await app.upgrade(await pack(t, '2.0.0'))
  await app.stop()
  const again = await startApp(t, await pack(t, '3.0.0'), { stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '3.0.0')
  assert.equal((await again.rollback()).release.version, '2.0.0')
})

test('another archive that does not start leaves the current release current', async t => {
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive)
  await app.stop()
  const args = ['--port', String(app.port), '--state-dir', app.stateRoot, '--json']
  const broken = await pack(t, '2.0.0', boots("throw new Error('broken')"))
  assert.equal(errorOf(await run(t, ['start', broken, ...args])).code, 'peer_start_failed')
  const again = await startApp(t, archive, { stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '1.0.0')
})

test('without an archive, start runs what ran last', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  await app.upgrade(await pack(t, '2.0.0'))
  await app.stop()
  const again = await startApp(t, null, { stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '2.0.0')
})

test('without an archive, and nothing that ran before, start says so', async t => {
  const args = ['start', '--port', '0', '--state-dir', tempDir(t), '--json']
  const { code, stdout } = await run(t, args)
  assert.equal(code, 2)
  const { error } = JSON.parse(stdout)
  assert.equal(error.code, 'invalid_option')
  assert.match(error.message, /none was started before.*Give an archive/)
  const broken = await pack(t, '1.0.0', boots("throw new Error('broken')"))
  errorOf(await run(t, ['start', broken, ...args.slice(1)]))
  assert.match((await run(t, args)).stdout, /none was started before/)
  const named = errorOf(await run(t, [...args, '--app', 'shop']))
  assert.equal(named.code, 'release_not_found')
  assert.match(named.message, /nothing was started here before.*give `beam-deploy start` an archive/)
})
