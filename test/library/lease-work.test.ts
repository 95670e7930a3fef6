import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { assertAsDocumented, type Heard } from '../support/events.ts'
import { asksFor, assertNoOverlap, begun, leaseOf, untilBegun } from '../support/leases.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

const TWO = { args: ['--peers', '2'] }

test('work that comes to its end is done once for each generation, whichever peer asks', async t => {
  const boot = `async here => {
    await (${asksFor('migration', 'await null')})(here)
    here.kept.get('migration').ended.then(how => here.note('ended ' + how + ' ' + process.pid))
  }`
  const archives = await Promise.all(['1.0.0', '2.0.0'].map(version => packRunner(t, version, { boot })))
  const app = await startRunner(t, archives[0] ?? '', TWO)
  const endsIn = (version: string) => app.notes().filter(line => line.startsWith(`${version} ended done`))
  await until(() => endsIn('1.0.0').length === 2)
  assert.equal((await leaseOf(app, 'migration')).state, 'done')
  const { peers } = await app.status()
  process.kill(peers[0]?.pid ?? assert.fail(), 'SIGKILL')
  // The one in its place learns that it is done.
  await until(() => endsIn('1.0.0').length === 3)

  await app.upgrade(archives[1] ?? '')
  await until(() => endsIn('2.0.0').length === 2)
  assert.deepEqual(
    begun(app, 'migration').map(({ version }) => version),
    ['1.0.0', '2.0.0'],
  )
  assertNoOverlap(app)
})

test('work that fails is told to people, and begun again in another peer', async t => {
  const work = `if (process.env.FAILED === undefined) { process.env.FAILED = '1'; throw new Error('no queue') }; await told`
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: asksFor('queue', work) }), TWO)
  const [first, second] = [await untilBegun(app, 'queue', 1), await untilBegun(app, 'queue', 2)]
  assert.notEqual(first.pid, second.pid)
  // There it fails, too, and after more time it is the turn of the first.
  assert.equal((await untilBegun(app, 'queue', 3)).pid, first.pid)
  await until(async () => (await leaseOf(app, 'queue')).state === 'held')
  const told = 'the work of the lease "queue" in peer 1.0 failed, and is begun again later: no queue'
  assert.ok(app.output().includes(told), app.output())
  assert.match(app.output(), /Error: no queue\n +at /)
  assertNoOverlap(app)
})

test('work may go on by itself: what it returns stops it, or its signal does', async t => {
  const boot = (version: string) => `({ beam, note }) => {
    const ask = (name, work) => beam.lease(name, signal => {
      note('begins ' + name)
      return work(signal, () => note('stops ' + name))
    })
    ask('function', (signal, stop) => stop)
    ask('promise of a function', async (signal, stop) => {
      await null
      return async () => { await null; stop() }
    })
    ask('nothing', (signal, stop) => { signal.addEventListener('abort', stop) })
    ask('AbortError', async (signal, stop) => {
      const { setTimeout } = await import('node:timers/promises')
      await setTimeout(1e9, null, { signal }).finally(stop)
    })
    ask('late failure', async (signal, stop) => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      stop()
      throw new Error('while ${version} let go')
    })
  }`
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packRunner(t, version, { boot: boot(version) })),
  )
  const app = await startRunner(t, first ?? '')
  const noted = (what: string) => app.notes().filter(line => line.startsWith(what)).length
  await until(() => noted('1.0.0 begins') === 5)
  assert.equal(noted('1.0.0 stops'), 0)
  await app.upgrade(second ?? '')
  await until(() => noted('2.0.0 begins') === 5)
  assert.equal(noted('1.0.0 stops'), 5)
  for (const { name, state } of (await app.status()).leases) assert.equal(state, 'held', name)
  assert.match(
    app.output(),
    /the lease "late failure" in peer 1\.0 failed while it let go: while 1\.0\.0 let go/,
  )
  assert.doesNotMatch(app.output(), /"AbortError".*failed/)
})

test('release() gives a lease to another peer, and withdraws a wish; a name is asked for once', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: asksFor('queue') }), TWO)
  const { pid } = await untilBegun(app, 'queue', 1)
  const inPeer = (wanted: number, code: string) =>
    until(async () => {
      const { value, error } = await app.run(
        `return process.pid === ${wanted} && [await (async () => { ${code} })()]`,
      )
      assert.equal(error, undefined)
      return value
    })
  const { error } = await app.run(`beam.lease('queue', async () => {})`)
  assert.equal(error?.code, 'lease_taken')
  assert.deepEqual(
    await inPeer(
      pid,
      `const lease = kept.get('queue'); const before = lease.held; await lease.release(); return [before, lease.held, await lease.ended]`,
    ),
    [[true, false, 'released']],
  )
  const second = await untilBegun(app, 'queue', 2)
  assert.notEqual(second.pid, pid)
  // The first asks again, and lets it be; then a block that ends releases it, whether it had it or not.
  assert.deepEqual(
    await inPeer(
      pid,
      `const lease = beam.lease('queue', async () => {})
      await lease.release()
      await using other = beam.lease('queue', async () => {})
      return [await lease.ended, other.held]`,
    ),
    [['released', false]],
  )
  await until(async () => (await leaseOf(app, 'queue')).waiting.length === 0)
  assert.equal(begun(app, 'queue').length, 2)
  assertNoOverlap(app)
})

test('events say who has a lease, and why no longer', async t => {
  const boot = (work: string) => `async here => {
    const { subscribe } = await import('node:diagnostics_channel')
    for (const name of ['granted', 'released'])
      subscribe('beam-deploy:lease:' + name, message => here.note('heard ' + JSON.stringify({ pid: process.pid, name: 'lease:' + name, message })))
    await (${asksFor('queue', work)})(here)
  }`
  const failing = `if (process.env.FAILED === undefined) { process.env.FAILED = '1'; throw new Error('no queue') }; await told`
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', { boot: boot(failing) }),
    packRunner(t, '2.0.0', { boot: boot('await null') }),
  ])
  const app = await startRunner(t, first)
  const { pid } = await untilBegun(app, 'queue', 2)
  await app.upgrade(second)
  await app.untilNoted(/^2\.0\.0 heard .*"outcome":"done"/)
  const heard = (version: string) =>
    app
      .notes()
      .flatMap(line => (line.startsWith(`${version} heard `) ? [JSON.parse(line.slice(12)) as Heard] : []))
  assertAsDocumented([...heard('1.0.0'), ...heard('2.0.0')])
  assert.deepEqual(
    heard('1.0.0')
      .slice(0, 3)
      .map(({ name, message }) => [name, message.pid, message.slot, message.outcome]),
    [
      ['lease:granted', pid, 0, undefined],
      ['lease:released', pid, 0, 'failed'],
      ['lease:granted', pid, 0, undefined],
    ],
  )
  assert.deepEqual(
    heard('2.0.0').map(({ name, message }) => [name, message.generation, message.outcome]),
    [
      ['lease:released', 1, 'moved'],
      ['lease:granted', 2, undefined],
      ['lease:released', 2, 'done'],
    ],
  )
})
