import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepAlive, newConnections } from '../support/load.ts'
import { answers500, assertCurrent, CRASHES, notItsOwn, packBake, startBake } from './bake-support.ts'
import { about, assertNoLoss, errorOf, isAlive, until, untilGone } from './support.ts'

for (const [name, kind] of [
  ['new connections', newConnections],
  ['keep-alive', keepAlive(5)],
] as const) {
  test(`a release that stands its time: the old one is parked meanwhile, then drains and stops (${name})`, async t => {
    const app = await startBake(t, await packBake(t, '1.0.0'), { kind })
    const { pid } = await about(app.port)
    const { report } = await app.beginBake(await packBake(t, '2.0.0'), '4s')
    await app.load.answeredBy('2.0.0')

    const status = await app.status()
    assert.deepEqual(
      [status.state, status.upgrading, status.release?.version, status.activePeer?.id],
      ['upgrading', true, '2.0.0', '2.0'],
    )
    assert.deepEqual(
      status.peers.map(peer => [peer.id, peer.state, 'ageMs' in peer]),
      [
        ['1.0', 'parked', true],
        ['2.0', 'serving', false],
      ],
    )
    // New connections are the new release's alone.
    for (let request = 1; request <= 20; request += 1) assert.equal((await about(app.port)).version, '2.0.0')
    assert.ok(isAlive(pid))
    assert.ok(!app.notes().includes('1.0.0 stops') && !app.notes().includes('1.0.0 close'))

    const { release, phases, draining } = await report
    assert.deepEqual([release.version, draining], ['2.0.0', [pid]])
    assert.ok(Number(phases.bake) >= 3_990)
    await untilGone(pid)
    assert.ok(app.notes().includes('1.0.0 stops'))
    await assertCurrent(app, '2.0.0')
    assert.deepEqual(await app.lastUpgrade(), {
      action: 'upgrade',
      outcome: 'succeeded',
      from: '1.0.0',
      to: '2.0.0',
    })
    assertNoLoss(await app.load.stop())
  })
}

test('a release that crashes while it bakes is gone back from at once, and nothing is lost but what it had in hand', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const { pid } = await about(app.port)
  const { error } = await app.beginBake(await packBake(t, '2.0.0', CRASHES))
  await app.load.answeredBy('2.0.0')
  app.misbehave()

  const { code, message, phase } = await error
  assert.deepEqual([code, phase], ['rolled_back', 'bake'])
  assert.match(
    String(message),
    /^misbehaves 2\.0\.0 was rolled back after \d+ ms: peer 2\.0 \(process \d+\) ended with exit code 7\. 1\.0\.0 serves again\.$/,
  )
  // The same process, which has not noticed: it is told nothing of a second `listen`, nor of a close.
  assert.equal((await about(app.port)).pid, pid)
  assert.deepEqual(
    app.notes().filter(note => note.startsWith('1.0.0')),
    ['1.0.0 listening'],
  )
  await assertCurrent(app, '1.0.0')
  const { message: why, ...entry } = await app.lastUpgrade()
  assert.deepEqual(entry, {
    action: 'upgrade',
    outcome: 'rolled-back',
    code: 'rolled_back',
    from: '1.0.0',
    to: '2.0.0',
  })
  assert.equal(why, message)
  await app.load.answeredBy('1.0.0')
  const tally = await app.load.stop()
  assert.deepEqual(notItsOwn(tally, /socket hang up|ECONNRESET/), [])
  assert.ok(tally.failures.length <= 4, `${tally.failures.length} failures of 4 clients`)
  // There is nothing to roll back to: what was gone back from is no former release.
  assert.equal(errorOf(await app.command('rollback', '--json')).code, 'no_previous_release')
})

test('a release that answers 500 too often is gone back from; one that does so once is not', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const { error } = await app.beginBake(await packBake(t, '2.0.0', answers500(10)))
  await app.load.answeredBy('2.0.0')
  app.misbehave()
  const { code, message } = await error
  assert.equal(code, 'rolled_back')
  const [, errors, answers] =
    /: (\d+) of (\d+) answers had a status of 500 or more, and the limit is 5 %/.exec(String(message)) ?? []
  assert.ok(Number(answers) >= 20 && Number(errors) > 0.05 * Number(answers), message)
  await assertCurrent(app, '1.0.0')
  await app.load.answeredBy('1.0.0')

  const { report } = await app.beginBake(await packBake(t, '3.0.0', answers500(100_000_000)), '400ms')
  assert.equal((await report).release.version, '3.0.0')
  const tally = await app.load.stop()
  assert.deepEqual(notItsOwn(tally, /status 500/), [])
})

test('a rollback during the bake goes back at once and succeeds; the upgrade is told that', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const { pid } = await about(app.port)
  const { error } = await app.beginBake(await packBake(t, '2.0.0'))
  await app.load.answeredBy('2.0.0')
  const busy = errorOf(await app.command('upgrade', await packBake(t, '3.0.0'), '--json'))
  assert.equal(busy.code, 'upgrade_in_progress')
  const { pid: newPid } = await about(app.port)

  const { action, release, previous, generation, draining } = await app.rollback()

  assert.deepEqual(
    [action, release.version, previous.version, generation, draining],
    ['rollback', '1.0.0', '2.0.0', 1, [newPid]],
  )
  const { code, message } = await error
  assert.equal(code, 'rolled_back')
  assert.match(String(message), /a rollback was asked for/)
  assert.equal((await about(app.port)).pid, pid)
  await untilGone(newPid)
  await assertCurrent(app, '1.0.0')
  await app.load.answeredBy('1.0.0')
  assertNoLoss(await app.load.stop())
})

test('gone back from again and again: when a peer cannot accept once more, the old release is booted', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const pids = [(await about(app.port)).pid]
  for (let round = 1; round <= 5; round += 1) {
    const { error } = await app.beginBake(await packBake(t, `${round + 1}.0.0`))
    await app.load.answeredBy(`${round + 1}.0.0`)
    await app.rollback()
    assert.equal((await error).code, 'rolled_back')
    await app.load.answeredBy('1.0.0')
    pids.push((await about(app.port)).pid)
    await assertCurrent(app, '1.0.0')
  }
  const [first, ...later] = pids
  assert.deepEqual(
    later.map(pid => pid === first),
    [true, true, true, false, false],
  )
  assert.equal(later[3], later[4])
  assert.match(app.output(), /generation 1 \(1\.0\.0\) cannot accept again; 1\.0\.0 is booted afresh/)
  await untilGone(first ?? 0)
  await app.upgrade(await packBake(t, '9.0.0'))
  await app.load.answeredBy('9.0.0')
  await until(async () => (await app.status()).peers.length === 1)
  assertNoLoss(await app.load.stop())
})

test('a parked peer that dies fails nothing; going back then boots its release', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const { pid } = await about(app.port)
  const { error } = await app.beginBake(await packBake(t, '2.0.0', CRASHES))
  await app.load.answeredBy('2.0.0')
  process.kill(pid, 'SIGKILL')
  await untilGone(pid)
  await until(async () => (await app.status()).peers.length === 1)
  assert.equal((await app.status()).state, 'upgrading')
  app.misbehave()
  assert.equal((await error).code, 'rolled_back')
  await assertCurrent(app, '1.0.0')
  await app.load.answeredBy('1.0.0')
  assert.deepEqual(notItsOwn(await app.load.stop(), /socket hang up|ECONNRESET/), [])
})

test('a stop during the bake ends both; the release that was switched to stays current', async t => {
  const app = await startBake(t, await packBake(t, '1.0.0'))
  const { report } = await app.beginBake(await packBake(t, '2.0.0'))
  await app.load.stop()
  await app.stop()
  assert.equal((await report).release.version, '2.0.0')
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assert.deepEqual(
    app
      .notes()
      .filter(note => note.endsWith('stops'))
      .sort(),
    ['1.0.0 stops', '2.0.0 stops'],
  )
})
