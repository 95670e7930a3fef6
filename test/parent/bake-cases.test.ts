import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { laterProcesses, packStateful, startStateful } from '../process/handoff-support.ts'
import { freePort, type RunningApp, startApp } from '../support/beam.ts'
import { assertAsDocumented, recordEvents } from '../support/events.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { packRunner, startRunner } from '../support/run-code.ts'
import { answers500, assertCurrent, CRASHES, notItsOwn, packBake, startBake } from './bake-support.ts'
import { about, assertNoLoss, errorOf, get, lightLoad, until, untilGone } from './support.ts'

/** Upgrades with a bake; resolves when the old generation is parked. */
async function beginBake(app: RunningApp, archive: string) {
  const result = app.command('upgrade', archive, '--bake', '60s', '--json')
  await until(async () => (await app.status()).state === 'upgrading' && (await app.status()).generation === 2)
  await until(async () => (await app.status()).peers.every(({ state }) => state !== 'ready'))
  return { code: async () => errorOf(await result).code, message: async () => errorOf(await result).message }
}

test('a health check that turns bad while it bakes is a reason to go back; one that fails once is not', async t => {
  const config = { healthCheck: { path: '/healthz', tries: 2, interval: '50ms' }, bake: '60s' }
  const healthz = `
import { existsSync } from 'node:fs'
let bad = 0
export function misbehave(request, response) {
  if (request.url !== '/healthz') return false
  // Every other check fails, until all of them do.
  bad += 1
  response.statusCode = existsSync(process.env.GATE) || bad % 2 === 0 ? 503 : 200
  response.end('the database')
  return true
}`
  const archive = await packApp(t, 'misbehaves', {
    version: '2.0.0',
    manifest: { beamDeploy: config },
    files: { 'misbehaviour.js': healthz },
  })
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const failed = app.command('upgrade', archive, '--json')
  await app.load.answeredBy('2.0.0')
  for (let answer = 1; answer <= 20; answer += 1) await app.load.answeredBy('2.0.0')
  assert.equal((await app.status()).state, 'upgrading')
  app.misbehave()
  const { code, message } = errorOf(await failed)
  assert.equal(code, 'rolled_back')
  assert.match(
    String(message),
    /peer 2\.0 does not pass its health check any more: GET \/healthz was answered with 503 .* \(2 times in a row\)\. 1\.0\.0 serves again\.$/,
  )
  await assertCurrent(app, '1.0.0')
  await app.load.answeredBy('1.0.0')
  assertNoLoss(await app.load.stop())
})

for (const [what, code, reason] of [
  ['crashes in one of two peers', CRASHES, /peer 2\.[01] \(process \d+\) ended with exit code 7/],
  ['answers 500 in two peers', answers500(5), /\d+ of \d+ answers had a status of 500 or more/],
] as const) {
  test(`a release that ${what}: both go back, each with its process`, async t => {
    const app = await startBake(t, await packBake(t, '1.0.0'), { args: ['--peers', '2'], clients: 8 })
    const pids = (await app.status()).peers.map(({ pid }) => pid)
    const { error } = await app.beginBake(await packBake(t, '2.0.0', code))
    await app.load.answeredBy('2.0.0')
    app.misbehave()
    assert.match(String((await error).message), reason)
    await assertCurrent(app, '1.0.0')
    await app.load.answeredBy('1.0.0')
    await until(async () => (await app.status()).peers.length === 2)
    assert.deepEqual(
      (await app.status()).peers.map(({ pid, state }) => [pid, state]),
      pids.map(pid => [pid, 'serving']),
    )
    assert.deepEqual(notItsOwn(await app.load.stop(), /socket hang up|ECONNRESET|status 500/), [])
  })
}

test('a peer that has come back crashes, and is started again as ever', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const { error } = await app.beginBake(await packBake(t, '2.0.0'))
  await app.rollback()
  await error
  const { pid } = await about(app.port)
  process.kill(pid, 'SIGKILL')
  await until(async () => (await about(app.port).catch(() => ({ pid }))).pid !== pid)
  await until(async () => (await app.status()).history.at(-1)?.action === 'restart')
  assert.deepEqual(notItsOwn(await app.load.stop(), /socket hang up|ECONNRESET/), [])
})

test('a server that the application has closed itself cannot be opened again: its release is booted', async t => {
  const app = await startApp(t, await packApp(t, 'misbehaves', { version: '1.0.0' }))
  const { pid } = await about(app.port)
  const load = lightLoad(t, app.port)
  const bake = await beginBake(app, await packApp(t, 'misbehaves', { version: '2.0.0' }))
  // As it stops by itself, for a reason of its own.
  process.kill(pid, 'SIGTERM')
  await untilGone(pid)
  await app.rollback()
  assert.equal(await bake.code(), 'rolled_back')
  await load.answeredBy('1.0.0')
  assert.notEqual((await about(app.port)).pid, pid)
  assertNoLoss(await load.stop())
})

test('an application in node:cluster workers is not parked: it drains, and is booted again to go back', async t => {
  const archives = ['1.0.0', '2.0.0'].map(version => packApp(t, 'cluster-app', { version }))
  const [first = '', second = ''] = await Promise.all(archives)
  const app = await startApp(t, first)
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const bake = await beginBake(app, second)
  await load.answeredBy('2.0.0')
  await until(() =>
    /generation 1 \(1\.0\.0\) cannot be parked \(node:cluster\), and drains/.test(app.output()),
  )
  await app.rollback()
  assert.equal(await bake.code(), 'rolled_back')
  await load.answeredBy('1.0.0')
  await assertCurrent(app, '1.0.0')
  assertNoLoss(await load.stop())
})

test('stateful processes go to the new release, and come back with their state', async t => {
  const app = await startStateful(t, await packStateful(t, '1.0.0'))
  for (let count = 1; count <= 3; count += 1) await get(app.port, '/')
  const bake = await beginBake(app, await packStateful(t, '2.0.0', laterProcesses('2')))
  assert.deepEqual(await app.value('return counter.call("get")'), { count: 3 })
  assert.equal(await get(app.port, '/'), '2.0.0')
  await app.rollback()
  assert.equal(await bake.code(), 'rolled_back')
  assert.equal(await get(app.port, '/'), '1.0.0')
  assert.deepEqual(await app.value('return counter.call("get")'), { count: 5 })
  assert.deepEqual(
    app.notes().filter(note => note.startsWith('init')),
    ['init 1'],
  )
})

test('ports that were not declared come back, too', async t => {
  const extra = await freePort()
  const env = { EXTRA_PORT: String(extra) }
  const [first = '', second = ''] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'listen-elsewhere', { version })),
  )
  const app = await startApp(t, first, { env })
  await get(app.port, '/')
  const bake = await beginBake(app, second)
  assert.equal(await get(extra, '/'), '2.0.0')
  await app.rollback()
  assert.equal(await bake.code(), 'rolled_back')
  await until(async () => (await app.status()).peers.length === 1)
  assert.deepEqual([await get(app.port, '/'), await get(extra, '/')], ['1.0.0', '1.0.0'])
  assert.equal(app.output().match(/seen undeclared port/g)?.length, 2)
})

test('everybody hears of the bake, and of going back', async t => {
  const recording = recordEvents(t)
  const pack = (version: string) => packApp(t, 'hears-events', { version })
  const app = await startApp(t, await pack('1.0.0'), { env: recording.env })
  const [old] = (await app.status()).peers
  const bake = await beginBake(app, await pack('2.0.0'))
  await app.rollback()
  assert.equal(await bake.code(), 'rolled_back')
  const heard = await recording.until(Number(old?.pid), 'drain:end')
  const names = heard.map(({ name }) => name)
  assert.deepEqual(names.slice(names.lastIndexOf('cutover:end')), [
    'cutover:end',
    'bake:start',
    'bake:error',
    'back:start',
    'drain:start',
    'back:end',
    'upgrade:error',
    'peer:exit',
    'drain:end',
  ])
  const failure = heard.find(({ name }) => name === 'upgrade:error')?.message
  assert.deepEqual([failure?.code, failure?.action], ['rolled_back', 'upgrade'])
  assertAsDocumented(heard)
})

test('an application that deploys itself with a bake hears what became of it, and serves on', async t => {
  const gate = join(tempDir(t), 'gate')
  const crashes = `() => {
    const { existsSync } = process.getBuiltinModule('node:fs')
    setInterval(() => existsSync(${JSON.stringify(gate)}) && process.exit(5), 20)
  }`
  const next = await packRunner(t, '2.0.0', { boot: crashes })
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const pid = await app.value('return process.pid')
  const failed = app.run(`await beam.upgrade(${JSON.stringify(next)}, { bake: '60s' })`)
  await until(async () => (await app.status()).peers.some(({ state }) => state === 'parked'))
  writeFileSync(gate, '')
  const { error } = await failed
  assert.equal(error?.code, 'rolled_back')
  assert.match(error?.message ?? '', /ended with exit code 5/)
  assert.equal(await app.value('return process.pid'), pid)
  const refused = await app.run(`await beam.upgrade('x.tgz', { bake: 'soon' })`)
  assert.match(refused.error?.message ?? '', /upgrade\(\): the option bake is "soon"; it must be/)
})

test('a parent that is killed while a release bakes keeps nobody: both generations end, and the next start boots the new one', async t => {
  const first = await packBake(t, '1.0.0')
  const app = await startApp(t, first, { env: { GATE: join(tempDir(t), 'gate') } })
  const bake = await beginBake(app, await packBake(t, '2.0.0'))
  const pids = (await app.status()).peers.map(({ pid }) => Number(pid))
  assert.equal(pids.length, 2)
  process.kill(app.pid, 'SIGKILL')
  assert.equal(await bake.code(), 'peer_gone')
  // The port is free: no spare descriptor keeps it.
  const again = await startApp(t, first, { port: app.port, stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '2.0.0')
  for (const pid of pids) await untilGone(pid)
  await assertCurrent(again, '2.0.0')
})

test('when the old release cannot even be booted again, the new one serves on, and the upgrade says so', async t => {
  const cannotStart = `
import { existsSync } from 'node:fs'
if (existsSync(process.env.GATE)) throw new Error('cannot start')
export const misbehave = () => false
`
  const first = await packApp(t, 'misbehaves', {
    version: '1.0.0',
    files: { 'misbehaviour.js': cannotStart },
  })
  const app = await startBake(t, first)
  const { pid } = await about(app.port)
  const { error } = await app.beginBake(await packBake(t, '2.0.0'))
  process.kill(pid, 'SIGKILL')
  await untilGone(pid)
  app.misbehave()
  const refused = errorOf(await app.command('rollback', '--json'))
  assert.equal(refused.code, 'peer_start_failed')
  assert.match(
    String(refused.message),
    /^going back to 1\.0\.0 failed, and 2\.0\.0 serves on: .*cannot start/s,
  )
  assert.equal((await error).code, 'peer_start_failed')
  await assertCurrent(app, '2.0.0')
  await app.load.answeredBy('2.0.0')
  assert.deepEqual(
    (await app.status()).peers.map(({ id, state }) => [id, state]),
    [['2.0', 'serving']],
  )
  await app.upgrade(await packBake(t, '3.0.0'))
  await app.load.answeredBy('3.0.0')
  assertNoLoss(await app.load.stop())
})
