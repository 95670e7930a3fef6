import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type RunningApp, startApp } from '../support/beam.ts'
import { newConnections } from '../support/load.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  about,
  assertNoLoss,
  boots,
  failingUpgrade,
  get,
  isAlive,
  lightLoad,
  pack,
  snapshot,
  until,
  untilGone,
  waitsFor,
} from './support.ts'

test('a peer that is killed is replaced from the current release, and nobody is refused meanwhile', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  await app.upgrade(await pack(t, '2.0.0'))
  const clients = 8
  const load = lightLoad(t, app.port, newConnections, clients)
  await load.answeredBy('2.0.0')
  const { pid } = await about(app.port)

  let next = pid
  for (let kill = 1; kill <= 3; kill += 1) {
    process.kill(next, 'SIGKILL')
    next = (await successorOf(next, app.port)).pid
  }
  await load.answeredBy('2.0.0')
  const { failures, answers } = await load.stop()
  assert.deepEqual([...answers.keys()], ['2.0.0'])
  // Each client has one request, and it may have been in the hands of the process that was killed.
  assert.ok(failures.length <= 3 * clients, `${failures.length} failures`)
  for (const failure of failures) assert.match(failure, /socket hang up|ECONNRESET/)

  const { history, peers } = await until(async () => {
    const status = await app.status()
    return status.history.filter(({ action }) => action === 'restart').length === 3 && status
  })
  assert.deepEqual(
    history.slice(-3).map(({ action, outcome }) => [action, outcome]),
    Array(3).fill(['restart', 'succeeded']),
  )
  assert.deepEqual(
    peers.map(({ pid, state }) => [pid, state]),
    [[next, 'serving']],
  )
})

test('a new peer that is killed while it boots fails the upgrade, and no request', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const before = snapshot(app.stateDir)
  const failing = failingUpgrade(
    app,
    await pack(t, '2.0.0', boots('await new Promise(r => setInterval(r, 1e9))')),
  )

  process.kill((await bootingPeer(app)).pid, 'SIGKILL')

  const error = await failing
  assert.equal(error.code, 'peer_start_failed')
  assert.match(error.message, /2\.0\.0 ended with signal SIGKILL before it was ready/)
  assert.deepEqual(snapshot(app.stateDir), before)
  await load.answeredBy('1.0.0')
  await app.upgrade(await pack(t, '3.0.0'))
  await load.answeredBy('3.0.0')
  assertNoLoss(await load.stop())
})

test('the serving peer may crash while the next release boots: the old is restarted, then the new one serves', async t => {
  const gate = join(tempDir(t), 'gate')
  const app = await startApp(t, await pack(t, '1.0.0'), { env: { GATE: gate } })
  const { pid } = await about(app.port)
  const upgrade = app.upgrade(await pack(t, '2.0.0', waitsFor('GATE')))
  await bootingPeer(app)
  process.kill(pid, 'SIGKILL')
  const { pid: restarted, version } = await successorOf(pid, app.port)
  assert.equal(version, '1.0.0')
  writeFileSync(gate, '')
  const { draining } = await upgrade
  assert.deepEqual(draining, [restarted])
  assert.equal((await about(app.port)).version, '2.0.0')
  await untilGone(restarted)
})

test('an application that crashes on every request is restarted five times, then everything ends', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const pids = new Set([(await about(app.port)).pid])
  let ended = false
  void app.ended.then(() => {
    ended = true
  })
  while (!ended) await get(app.port, '/crash').catch(() => undefined)
  assert.deepEqual(await app.ended, { code: 1, signal: null })
  assert.match(app.output(), /ended with exit code 7; restarting it \(5 of 5\)/)
  assert.match(app.output(), /5 restarts in 60 s did not help/)
  await assertNothingLeft(app, pids)
})

/** Asked until another process answers: one that is being killed may still have taken a connection. */
const successorOf = (pid: number, port: number) =>
  until(async () => {
    const answer = await about(port).catch(() => null)
    return answer?.pid === pid ? null : answer
  })

async function bootingPeer(app: RunningApp): Promise<{ pid: number }> {
  return until(async () => {
    const { peers } = await app.status()
    const pid = peers.find(({ state }) => state === 'booting')?.pid
    return pid ? { pid } : null
  })
}

async function assertNothingLeft(app: RunningApp, pids: Iterable<number>): Promise<void> {
  for (const pid of pids) assert.ok(!isAlive(pid), `process ${pid} is left`)
  await assert.rejects(get(app.port, '/'), { code: 'ECONNREFUSED' })
  assert.ok(!existsSync(join(app.stateDir, 'control.sock')))
  assert.ok(!existsSync(join(app.stateDir, 'parent.lock')))
}
