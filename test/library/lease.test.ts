import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failingUpgrade, until, untilGone } from '../parent/support.ts'
import { asksFor, assertNoOverlap, begun, leaseOf, untilBegun } from '../support/leases.ts'
import { tempDir } from '../support/pack-app.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

const TWO = { args: ['--peers', '2'] }

test('one peer has the lease; when it is killed another has it, and a new release at the cutover', async t => {
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packRunner(t, version, { boot: asksFor('cron') })),
  )
  const app = await startRunner(t, first ?? '', TWO)
  const { pid } = await untilBegun(app, 'cron', 1)
  const held = await leaseOf(app, 'cron')
  assert.equal(held.state, 'held')
  assert.deepEqual([held.state === 'held' && [held.pid, held.peer], held.waiting], [[pid, '1.0'], ['1.1']])

  process.kill(pid, 'SIGKILL')
  const next = await untilBegun(app, 'cron', 2)
  assert.deepEqual([next.version, next.pid === pid], ['1.0.0', false])
  const after = await leaseOf(app, 'cron')
  assert.equal(after.state === 'held' && after.peer, '1.1')

  await app.upgrade(second ?? '')
  const last = await untilBegun(app, 'cron', 3)
  assert.equal(last.version, '2.0.0')
  assert.deepEqual(
    app.notes().map(line => line.replace(/\d+$/, '')),
    ['1.0.0 begin cron ', '1.0.0 begin cron ', '1.0.0 end cron ', '2.0.0 begin cron '],
  )
  await app.stop()
  assert.match(app.notes().at(-1) ?? '', new RegExp(`2.0.0 end cron ${last.pid}`))
  assert.deepEqual(readdirSync(join(app.stateDir, 'leases')), [])
})

test('an upgrade that fails leaves the lease where it is, and one that hangs at boot does not get it', async t => {
  const bad = await packRunner(t, '2.0.0', {
    boot: `async here => {
      await (${asksFor('cron')})(here)
      await new Promise(resolve => setTimeout(resolve, 100))
      throw new Error('does not start')
    }`,
  })
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: asksFor('cron') }))
  await untilBegun(app, 'cron', 1)
  await failingUpgrade(app, bad)
  assert.deepEqual(
    app.notes().map(line => line.replace(/\d+$/, '')),
    ['1.0.0 begin cron '],
  )
  assert.equal((await leaseOf(app, 'cron')).state, 'held')
})

test('a release that waits for its lease before it listens is told so, instead of never becoming ready', async t => {
  const wait = `beam.lease('cron', async () => {}).ended`
  // With nothing open Node.js ends at once; otherwise its time is over.
  const [idle, busy] = await Promise.all([
    packRunner(t, '2.0.0', { boot: `({ beam }) => ${wait}` }),
    packRunner(t, '3.0.0', { boot: `({ beam }) => { setInterval(() => {}, 1e9); return ${wait} }` }),
  ])
  const app = await startRunner(t, await packRunner(t, '1.0.0'), { args: ['--ready-timeout', '3s'] })
  for (const [archive, how] of [
    [idle, 'exit code 13 before it was ready'],
    [busy, 'within 3000 ms'],
  ] as const) {
    const { code, message } = await failingUpgrade(app, archive)
    assert.equal(code, 'peer_start_failed')
    assert.match(
      message,
      new RegExp(`${how}. It has asked for leases \\("cron"\\), which are given to peers that serve`),
    )
  }
  assert.deepEqual((await app.status()).leases, [])
})

test('the old release has the lease until its work has let go, however long that takes; then the new one has it', async t => {
  const gate = join(tempDir(t), 'gate')
  const slow = `
    await told
    note('was told')
    const { existsSync } = await import('node:fs')
    while (!existsSync('${gate}')) await new Promise(resolve => setTimeout(resolve, 10))`
  const app = await startRunner(
    t,
    await packRunner(t, '1.0.0', {
      boot: asksFor('queue', slow, '{ releaseTimeout: 50 }'),
      stop: `({ note }) => note('stops')`,
    }),
  )
  const { pid } = await untilBegun(app, 'queue', 1)
  await app.upgrade(await packRunner(t, '2.0.0', { boot: asksFor('queue') }))
  await app.untilNoted(/was told/)
  await until(() =>
    /peer 1\.0 \(process \d+\) has not let go of the lease "queue" for 50 ms/.test(app.output()),
  )
  const releasing = await leaseOf(app, 'queue')
  assert.equal(releasing.state === 'releasing' && releasing.pid, pid)
  assert.deepEqual(releasing.waiting, ['2.0'])
  assert.equal(begun(app, 'queue').length, 1)
  await until(async () => /1\.0 .*the lease queue/.test((await app.command('status')).stdout))

  writeFileSync(gate, '')
  assert.equal((await untilBegun(app, 'queue', 2)).version, '2.0.0')
  await untilGone(pid)
  // The application's own stop, which may close what the work needs, comes after that.
  const order = app.notes().map(line => line.replace(/ (queue )?\d*$/, ''))
  assert.ok(order.indexOf('1.0.0 end') < order.indexOf('1.0.0 stops'), order.join())
  assertNoOverlap(app)
})

test('work that does not let go is ended with its process: at shutdownTimeout, or at once where that is wanted', async t => {
  const never = 'await new Promise(resolve => setInterval(resolve, 1e9))'
  const archives = await Promise.all([
    packRunner(t, '1.0.0', { boot: asksFor('queue', never) }),
    packRunner(t, '2.0.0', { boot: asksFor('queue', never, `{ releaseTimeout: 50, onTimeout: 'kill' }`) }),
    packRunner(t, '3.0.0', { boot: asksFor('queue') }),
  ])
  const app = await startRunner(t, archives[0], { args: ['--shutdown-timeout', '1s'] })
  const pids = [await untilBegun(app, 'queue', 1)]
  for (const archive of archives.slice(1)) {
    await app.upgrade(archive)
    pids.push(await untilBegun(app, 'queue', pids.length + 1))
  }
  assert.deepEqual(
    pids.map(({ version }) => version),
    ['1.0.0', '2.0.0', '3.0.0'],
  )
  assert.match(app.output(), /peer 2\.0 .* lease "queue" for 50 ms; it is killed/)
  assertNoOverlap(app)
})

test('a process that hears nothing keeps its lease', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: asksFor('queue') }))
  const { pid } = await untilBegun(app, 'queue', 1)
  process.kill(pid, 'SIGSTOP')
  t.after(() => existsSync(`/proc/${pid}`) && process.kill(pid, 'SIGCONT'))
  await app.upgrade(await packRunner(t, '2.0.0', { boot: asksFor('queue') }))
  const { state, waiting } = await leaseOf(app, 'queue')
  assert.deepEqual([state, waiting], ['releasing', ['2.0']])
  assert.equal(begun(app, 'queue').length, 1)
  process.kill(pid, 'SIGCONT')
  assert.equal((await untilBegun(app, 'queue', 2)).version, '2.0.0')
  assertNoOverlap(app)
})

test('while a new release has to stand its time it has the lease; when the old one comes back, that has it again', async t => {
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packRunner(t, version, { boot: asksFor('cron') })),
  )
  const app = await startRunner(t, first ?? '')
  const { pid } = await untilBegun(app, 'cron', 1)
  const upgrade = app.command('upgrade', second ?? '', '--bake', '60s')
  assert.equal((await untilBegun(app, 'cron', 2)).version, '2.0.0')
  assert.deepEqual((await leaseOf(app, 'cron')).waiting, ['1.0'])
  await app.rollback()
  assert.deepEqual(await untilBegun(app, 'cron', 3), { version: '1.0.0', pid })
  assert.equal((await upgrade).code, 1)
  await until(async () => (await leaseOf(app, 'cron')).waiting.length === 0)
  assertNoOverlap(app)
})

test('while both releases accept, the new one has the lease', async t => {
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packRunner(t, version, { boot: asksFor('cron') })),
  )
  const app = await startRunner(t, first ?? '', { args: ['--cutover', 'overlap', '--overlap-time', '60s'] })
  const { pid } = await untilBegun(app, 'cron', 1)
  await app.upgrade(second ?? '')
  assert.equal((await untilBegun(app, 'cron', 2)).version, '2.0.0')
  const { peers } = await app.status()
  assert.equal(peers.find(peer => peer.pid === pid)?.state, 'serving')
  assertNoOverlap(app)
})
