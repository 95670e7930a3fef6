import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Orders, packStandIn, type StandIn, startStandIn } from '../support/hot-stand-in.ts'
import { packApp } from '../support/pack-app.ts'
import { pidsOf, servedVersions, untilServing } from './hot-support.ts'
import { errorOf, get, snapshot, until } from './support.ts'

// In all of these the peers have a stand-in for the engine (test/fixtures/hot-stand-in): it is the parent's part that is tested.

const start = async (t: TestContext, orders: Orders) => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  app.order(orders)
  return app
}

const failing = async (app: StandIn, archive: string, ...options: string[]) =>
  errorOf(await app.command('hot-upgrade', archive, '--json', ...options))

/** Of the steps those with this name, as slots. */
const slotsOf = (app: StandIn, step: string) =>
  app
    .steps()
    .map(line => line.split(' '))
    .filter(([, name]) => name === step)
    .map(([slot]) => Number(slot))
    .sort()

test('when one of two peers cannot prepare, none commits, and nothing of it stays', async t => {
  const app = await start(t, { 1: { prepare: 'fail' } })
  const before = snapshot(app.stateDir)
  const pids = pidsOf(await app.status())

  const error = await failing(app, await packStandIn(t, '2.0.0'))

  assert.match(error.message, /prepare was told to fail/)
  assert.deepEqual(slotsOf(app, 'commit'), [])
  assert.deepEqual(slotsOf(app, 'discard'), [0, 1])
  assert.deepEqual(snapshot(app.stateDir), before)
  const status = await app.status()
  assert.deepEqual(pidsOf(status), pids)
  assert.deepEqual(
    [status.state, status.lastUpgrade?.action, status.lastUpgrade?.outcome],
    ['serving', 'hot-upgrade', 'failed'],
  )
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
})

test('when one of two peers finds a reason, none commits, and the refusal says every reason and what does it instead', async t => {
  const app = await start(t, { 1: { prepare: 'refuse' } })
  const before = snapshot(app.stateDir)
  const archive = await packStandIn(t, '2.0.0')

  const error = await failing(app, archive)

  assert.equal(error.code, 'incompatible_change')
  assert.deepEqual(error.message.split('\n'), [
    'hot-stand-in 2.0.0 cannot be upgraded hot, for 2 reasons:',
    '  server.js:12: `rooms` is live state, and would be initialised again.',
    "      Leave its declaration as it is. Or accept it: --allow 'server.js#rooms'",
    '  node_modules/left-pad: left-pad 1.0.0 would become 1.1.0.',
    '      Use upgrade().',
    `\`beam-deploy upgrade ${archive}\` does it with new processes, and loses no request.`,
  ])
  assert.deepEqual(
    error.reasons?.map(({ module, line, allow }) => [module, line, allow]),
    [
      ['server.js', 12, 'server.js#rooms'],
      ['node_modules/left-pad', null, null],
    ],
  )
  assert.deepEqual(slotsOf(app, 'commit'), [])
  assert.deepEqual(slotsOf(app, 'discard'), [0, 1])
  assert.deepEqual(snapshot(app.stateDir), before)
})

test('when one of two peers cannot commit, the other takes its code back', async t => {
  const app = await start(t, { 1: { commit: 'fail' } })
  const before = snapshot(app.stateDir)
  const pids = pidsOf(await app.status())

  const error = await failing(app, await packStandIn(t, '2.0.0'))

  assert.equal(error.code, 'hot_upgrade_failed')
  assert.match(error.message, /^peer 1\.1 could not replace its code.*commit was told to fail/)
  assert.deepEqual(slotsOf(app, 'revert'), [0])
  assert.deepEqual(slotsOf(app, 'settle'), [])
  assert.deepEqual(snapshot(app.stateDir), before)
  assert.deepEqual(pidsOf(await app.status()), pids)
  assert.deepEqual(await servedVersions(app), ['1.0.0'])

  app.order({})
  const { code } = await app.command('hot-upgrade', await packStandIn(t, '3.0.0'))
  assert.equal(code, 0)
  assert.deepEqual(await servedVersions(app), ['3.0.0'])
})

test('a peer that dies while it commits comes back with the old release, and so does the other', async t => {
  const app = await start(t, { 1: { commit: 'exit' } })
  const [first, second] = pidsOf(await app.status())

  const error = await failing(app, await packStandIn(t, '2.0.0'))

  assert.equal(error.code, 'hot_upgrade_failed')
  assert.deepEqual(slotsOf(app, 'revert'), [0])
  const status = await untilServing(app, 2, ({ pid }) => pid !== second)
  assert.equal(status.peers[0]?.pid, first)
  assert.deepEqual(
    status.peers.map(({ release }) => release.version),
    ['1.0.0', '1.0.0'],
  )
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
})

test('a peer that cannot take its code back is started again with the old release', async t => {
  const app = await start(t, { 0: { revert: 'fail' }, 1: { commit: 'fail' } })
  const [first, second] = pidsOf(await app.status())
  const error = await failing(app, await packStandIn(t, '2.0.0'))
  assert.equal(error.code, 'hot_upgrade_failed')
  const status = await untilServing(app, 2, ({ pid }) => pid !== first)
  assert.equal(status.peers[1]?.pid, second)
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
  assert.match(app.output(), /peer 1\.0 could not take its code back, and is started again/)
})

test('when the release cannot be made the current one, every peer takes its code back', async t => {
  const app = await start(t, {})
  rmSync(join(app.stateDir, 'current'))
  mkdirSync(join(app.stateDir, 'current', 'in the way'), { recursive: true })

  const error = await failing(app, await packStandIn(t, '2.0.0'))

  assert.equal(error.code, 'extract_failed')
  assert.deepEqual(slotsOf(app, 'commit'), [0, 1])
  assert.deepEqual(slotsOf(app, 'revert'), [0, 1])
  assert.deepEqual(slotsOf(app, 'settle'), [])
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
  assert.deepEqual(
    (await app.status()).peers.map(({ release }) => release.version),
    ['1.0.0', '1.0.0'],
  )
})

test('a peer that dies when it has committed, while another has not, comes back with what is decided then', async t => {
  const app = await start(t, { 0: { commit: 'wait' } })
  const [first, second = 0] = pidsOf(await app.status())
  const upgrading = app.command('hot-upgrade', await packStandIn(t, '2.0.0'), '--json')
  // It answers with the new version once its own part is done.
  await until(async () => JSON.parse(await get(app.port, '/')).version === '2.0.0')
  process.kill(second, 'SIGKILL')
  await until(async () => (await app.status()).peers.some(peer => peer.state === 'restarting'))
  app.open()

  const { code, stdout } = await upgrading

  assert.equal(code, 0, stdout)
  const status = await untilServing(app, 2, ({ pid }) => pid !== second)
  assert.equal(status.peers[0]?.pid, first)
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
})

for (const [how, what] of [
  ['exit', 'dies'],
  ['fail', 'cannot go on'],
] as const) {
  test(`a peer that ${what} when the release is the current one comes back with that`, async t => {
    const app = await start(t, { 1: { settle: how } })
    const [first, second] = pidsOf(await app.status())

    const { code, stdout } = await app.command('hot-upgrade', await packStandIn(t, '2.0.0'), '--json')

    assert.equal(code, 0, stdout)
    // Of the peer that could not say more, what it had said before.
    assert.equal(JSON.parse(stdout).processesSucceeded, 6)
    const status = await untilServing(app, 2, ({ pid }) => pid !== second)
    assert.equal(status.peers[0]?.pid, first)
    assert.deepEqual(
      status.peers.map(({ release }) => release.version),
      ['2.0.0', '2.0.0'],
    )
    assert.deepEqual(await servedVersions(app), ['2.0.0'])
  })
}

test('a peer that crashes while another prepares waits for what is decided, and boots that', async t => {
  const app = await start(t, { 0: { prepare: 'wait' }, 1: { prepare: 'exit' } })
  const [first, second] = pidsOf(await app.status())
  const upgrading = failing(app, await packStandIn(t, '2.0.0'))
  await until(async () => (await app.status()).peers.some(peer => peer.state === 'restarting'))
  app.order({})
  app.open()
  assert.equal((await upgrading).code, 'peer_gone')
  const status = await untilServing(app, 2, ({ pid }) => pid !== second)
  assert.equal(status.peers[0]?.pid, first)
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
})

test('while one is under way, every other swap is refused', async t => {
  const app = await start(t, { 0: { commit: 'wait' } })
  const archive = await packStandIn(t, '2.0.0')
  const upgrading = app.command('hot-upgrade', archive)
  await until(() => slotsOf(app, 'commit').length === 2)
  const status = await app.status()
  assert.deepEqual([status.state, status.upgrading], ['upgrading', true])
  for (const command of [['hot-upgrade', archive], ['plan', archive], ['upgrade', archive], ['rollback']]) {
    const error = errorOf(await app.command(...command, '--json'))
    assert.equal(error.code, 'upgrade_in_progress', command.join(' '))
  }
  app.open()
  const { code, stderr } = await upgrading
  assert.equal(code, 0, stderr)
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
})

test('a parent that is stopped meanwhile gives it up, and ends', async t => {
  const app = await start(t, { 0: { commit: 'wait' } })
  const upgrading = failing(app, await packStandIn(t, '2.0.0'))
  await until(() => slotsOf(app, 'commit').length === 2)
  await app.stop()
  const error = await upgrading
  assert.equal(error.code, 'upgrade_in_progress')
  assert.match(error.message, /it is stopping/)
  assert.deepEqual(slotsOf(app, 'settle'), [])
  assert.equal((await app.ended).code, 0)
  const again = await startStandIn(t, null, { stateRoot: app.stateRoot })
  assert.deepEqual(await servedVersions(again), ['1.0.0'])
})

test('an archive of another application is refused before any peer hears of it', async t => {
  const app = await start(t, {})
  const before = snapshot(app.stateDir)
  const other = await packApp(t, 'tells-about-itself', { version: '2.0.0' })
  for (const command of ['hot-upgrade', 'plan']) {
    const error = errorOf(await app.command(command, other, '--json'))
    assert.equal(error.code, 'invalid_release')
    assert.match(error.message, /is a release of tells-about-itself, but hot-stand-in runs here/)
  }
  assert.deepEqual(app.steps(), [])
  assert.deepEqual(snapshot(app.stateDir), before)
  assert.equal(readdirSync(join(app.stateDir, 'releases')).length, 1)
})
