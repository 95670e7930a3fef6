import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { beam, freePort, type RunningApp, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { about, boots, errorOf, get, holdRequest, isAlive, launch, pack, until, waitsFor } from './support.ts'

const NEVER_LISTENS = boots('await new Promise(resolve => setInterval(resolve, 1e9))')

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: what is in flight is answered, then everything ends with exit code 0`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'))
    const { pid } = await about(app.port)
    const held = await holdRequest(t, app)
    process.kill(app.pid, signal)
    await until(() => isRefused(app))
    assert.deepEqual(await held.answer(), ['1.0.0'])
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assertNothingLeft(app, [pid])
  })

  test(`a second ${signal} ends it at once`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'))
    const { pid } = await about(app.port)
    const held = await holdRequest(t, app)
    process.kill(app.pid, signal)
    await until(() => isRefused(app))
    assert.ok(isAlive(pid))
    process.kill(app.pid, signal)
    await assert.rejects(held.bodies)
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assertNothingLeft(app, [pid])
  })
}

test('the command waits until everything has ended', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { pid } = await about(app.port)
  const held = await holdRequest(t, app)
  let returned = false
  const stopping = app.command('stop', '--json').then(result => {
    returned = true
    return result
  })
  await until(() => isRefused(app))
  const { state, peers } = await app.status()
  assert.deepEqual([state, peers.map(peer => peer.state)], ['stopping', ['draining']])
  assert.equal(returned, false)
  await held.answer()
  const { code, stdout } = await stopping
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(stdout), { app: 'tells-about-itself', pid: app.pid, stopped: true })
  assert.ok(!isAlive(pid))
  await app.ended
  assertNothingLeft(app, [pid])
})

test('nothing can be upgraded while it stops', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const held = await holdRequest(t, app)
  const stopping = app.command('stop')
  await until(() => isRefused(app))
  const error = errorOf(await app.command('upgrade', await pack(t, '2.0.0'), '--json'))
  assert.equal(error.code, 'upgrade_in_progress')
  assert.match(error.message, /it is stopping/)
  await held.answer()
  assert.equal((await stopping).code, 0)
})

test('a stop while a new release boots ends both, and fails the upgrade', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { pid } = await about(app.port)
  const held = await holdRequest(t, app)
  const upgrading = app.command('upgrade', await pack(t, '2.0.0', NEVER_LISTENS), '--json')
  const incoming = await bootingPid(app)
  const stopping = app.command('stop')
  const error = errorOf(await upgrading)
  assert.equal(error.code, 'upgrade_in_progress')
  assert.match(error.message, /it is stopping/)
  assert.deepEqual(await held.answer(), ['1.0.0'])
  assert.equal((await stopping).code, 0)
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assertNothingLeft(app, [pid, incoming])
  assert.deepEqual(readdirSync(join(app.stateDir, 'releases')).length, 1)
})

test('two signals while a new release boots end everything at once', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { pid } = await about(app.port)
  const held = await holdRequest(t, app)
  const upgrading = app.command('upgrade', await pack(t, '2.0.0', NEVER_LISTENS), '--json')
  const incoming = await bootingPid(app)
  process.kill(app.pid, 'SIGTERM')
  await upgrading
  process.kill(app.pid, 'SIGTERM')
  await assert.rejects(held.bodies)
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assertNothingLeft(app, [pid, incoming])
})

for (const how of ['stop', 'SIGTERM'] as const) {
  test(`${how} while the first release boots`, async t => {
    const stateRoot = tempDir(t)
    const gate = join(tempDir(t), 'gate')
    const port = await freePort()
    const archive = await pack(t, '1.0.0', waitsFor('GATE'))
    const parent = launch(t, ['start', archive, '--port', String(port), '--state-dir', stateRoot, '--json'], {
      GATE: gate,
    })
    const [peer] = await until(async () => {
      const { stdout } = await beam(['status', '--state-dir', stateRoot, '--json'])
      const { peers = [] } = JSON.parse(stdout) as { peers?: { pid: number; state: string }[] }
      return peers[0]?.state === 'booting' ? peers : null
    })
    if (how === 'SIGTERM') parent.signal('SIGTERM')
    else assert.equal((await beam(['stop', '--state-dir', stateRoot])).code, 0)
    assert.deepEqual(await parent.ended, { code: 0, signal: null })
    assert.equal(parent.stdout(), '')
    assert.doesNotMatch(parent.output(), /peer_start_failed/)
    assert.ok(peer && !isAlive(peer.pid))
    await assert.rejects(get(port, '/'), { code: 'ECONNREFUSED' })
    // It never served: it is not what a next start without an archive would run.
    assert.deepEqual(readdirSync(join(stateRoot, 'tells-about-itself', 'releases')), [])
    assert.deepEqual(readdirSync(stateRoot), ['tells-about-itself'])
  })
}

test('a peer that does not end in time is killed, and the parent says so', async t => {
  const clings = boots("process.on('SIGTERM', () => console.log('I stay')); setInterval(() => {}, 1e9)")
  const app = await startApp(t, await pack(t, '1.0.0', clings), { args: ['--shutdown-timeout', '500ms'] })
  const { pid } = await about(app.port)
  const upgraded = await app.upgrade(await pack(t, '2.0.0'))
  assert.deepEqual(upgraded.draining, [pid])
  await until(() => !isAlive(pid))
  assert.match(app.output(), /I stay/)
  assert.match(
    app.output(),
    new RegExp(
      `peer 1\\.0 \\(process ${pid}\\) has not ended within 500 ms \\(--shutdown-timeout\\), and is killed`,
    ),
  )
  await app.stop()
})

async function bootingPid(app: RunningApp): Promise<number> {
  return until(async () => (await app.status()).peers.find(({ state }) => state === 'booting')?.pid)
}

const isRefused = (app: RunningApp) =>
  get(app.port, '/').then(
    () => false,
    error => error.code === 'ECONNREFUSED',
  )

function assertNothingLeft(app: RunningApp, pids: number[]): void {
  for (const pid of pids) assert.ok(!isAlive(pid), `process ${pid} is left`)
  assert.ok(!existsSync(join(app.stateDir, 'control.sock')))
  assert.ok(!existsSync(join(app.stateDir, 'parent.lock')))
}
