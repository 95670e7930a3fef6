import assert from 'node:assert/strict'
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  about,
  assertNoLoss,
  errorOf,
  failingUpgrade,
  holdRequest,
  isAlive,
  lightLoad,
  pack,
  snapshot,
  until,
  untilGone,
  waitsFor,
} from './support.ts'

test('of two upgrades at once, one is refused and the other goes on', async t => {
  const gate = join(tempDir(t), 'gate')
  const app = await startApp(t, await pack(t, '1.0.0'), { env: { GATE: gate } })
  const first = app.upgrade(await pack(t, '2.0.0', waitsFor('GATE')))
  await until(async () => (await app.status()).upgrading)

  const second = await failingUpgrade(app, await pack(t, '3.0.0'))
  assert.equal(second.code, 'upgrade_in_progress')
  assert.match(second.message, /another upgrade is under way.*beam-deploy status/)
  const rollback = errorOf(await app.command('rollback', '--json'))
  assert.equal(rollback.code, 'upgrade_in_progress')

  writeFileSync(gate, '')
  assert.equal((await first).release.version, '2.0.0')
  assert.equal((await about(app.port)).version, '2.0.0')
  // What was refused was not even unpacked.
  assert.deepEqual(releases(app.stateDir), ['1.0.0', '2.0.0'])
})

test('an upgrade to the release that runs restarts it, and loses nothing', async t => {
  const archive = await pack(t, '2.0.0')
  const app = await startApp(t, await pack(t, '1.0.0'))
  await app.upgrade(archive)
  const { pid } = await about(app.port)
  const load = lightLoad(t, app.port)
  await load.answeredBy('2.0.0')
  const before = snapshot(app.stateDir)

  const report = await app.upgrade(archive)

  assert.equal(report.release.id, report.previous.id)
  assert.notEqual((await about(app.port)).pid, pid)
  await untilGone(pid)
  await load.answeredBy('2.0.0')
  assertNoLoss(await load.stop())
  assert.deepEqual(snapshot(app.stateDir), before)
  assert.equal((await app.rollback()).release.version, '1.0.0')
})

test('two archives of one version are two releases', async t => {
  const saying = (text: string) => ({ files: { 'before-listen.js': `process.env.SAID = '${text}'` } })
  const app = await startApp(t, await pack(t, '2.0.0', saying('first')))
  const { release, previous } = await app.upgrade(await pack(t, '2.0.0', saying('second')))
  assert.equal(release.version, previous.version)
  assert.notEqual(release.id, previous.id)
  assert.equal((await about(app.port)).env.SAID, 'second')
  await app.rollback()
  assert.equal((await about(app.port)).env.SAID, 'first')
})

test('a rollback goes back one release at a time, under load, until there is none', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  for (const version of ['2.0.0', '3.0.0']) await app.upgrade(await pack(t, version))
  const load = lightLoad(t, app.port)
  await load.answeredBy('3.0.0')

  const report = await app.rollback()

  assert.deepEqual(
    [report.action, report.release.version, report.previous.version],
    ['rollback', '2.0.0', '3.0.0'],
  )
  await load.answeredBy('2.0.0')
  assert.equal((await app.status()).previous?.version, '1.0.0')
  await app.rollback()
  await load.answeredBy('1.0.0')
  const error = errorOf(await app.command('rollback', '--json'))
  assert.equal(error.code, 'no_previous_release')
  assert.match(error.message, /tells-about-itself has no former release.*Upgrade to an archive/)
  await load.answeredBy('1.0.0')
  assertNoLoss(await load.stop())
  assert.equal(readlinkSync(join(app.stateDir, 'current')).split('/')[1]?.split('-')[0], '1.0.0')
  assert.equal((await app.upgrade(await pack(t, '4.0.0'))).release.version, '4.0.0')
})

test('three releases stay on disk, and nothing else that an upgrade made', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const files = openFiles(app.pid)
  for (let version = 2; version <= 6; version += 1) await app.upgrade(await pack(t, `${version}.0.0`))
  await until(async () => (await app.status()).peers.length === 1)
  await until(() => releases(app.stateDir).length === 3)
  assert.deepEqual(releases(app.stateDir), ['4.0.0', '5.0.0', '6.0.0'])
  assert.deepEqual(readdirSync(app.stateDir).sort(), [
    'boot',
    'control.sock',
    'current',
    'parent.lock',
    'peers',
    'probe',
    'releases',
    'state.json',
  ])
  assert.deepEqual(readdirSync(join(app.stateDir, 'boot')), [])
  assert.deepEqual(readdirSync(join(app.stateDir, 'peers')), [`${app.pid}-6.0`])
  assert.deepEqual(readdirSync(app.stateRoot), ['tells-about-itself'])
  await until(() => openFiles(app.pid) <= files)
})

test('current, previous and what still drains stay, however few are kept', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--keep-releases', '1'] })
  const held = await holdRequest(t, app)
  const { pid } = await about(app.port)
  for (const version of ['2.0.0', '3.0.0', '4.0.0']) await app.upgrade(await pack(t, version))
  await until(async () => (await app.status()).peers.length === 2)
  await until(() => releases(app.stateDir).length === 3)
  assert.deepEqual(releases(app.stateDir), ['1.0.0', '3.0.0', '4.0.0'])
  assert.ok(isAlive(pid))
  assert.deepEqual(await held.answer(), ['1.0.0'])
  await untilGone(pid)
  await until(() => releases(app.stateDir).length === 2)
  assert.deepEqual(releases(app.stateDir), ['3.0.0', '4.0.0'])
})

/** The versions in the store. */
const releases = (stateDir: string) =>
  readdirSync(join(stateDir, 'releases'))
    .map(id => id.split('-')[0])
    .sort()

const openFiles = (pid: number) => readdirSync(`/proc/${pid}/fd`).length
