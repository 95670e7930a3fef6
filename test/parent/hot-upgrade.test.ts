import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HotUpgradeReport } from '../../src/rpc/hot-contracts.ts'
import { beamJson, type RunningApp } from '../support/beam.ts'
import { packStandIn, startStandIn } from '../support/hot-stand-in.ts'
import { pidsOf, servedVersions, untilServing } from './hot-support.ts'
import { until, untilGone } from './support.ts'

// In all of these the peers have a stand-in for the engine (test/fixtures/hot-stand-in): it is the parent's part that is tested.

const hotUpgrade = ({ stateRoot }: RunningApp, archive: string) =>
  beamJson<HotUpgradeReport>(['hot-upgrade', archive, '--state-dir', stateRoot])

test('all peers prepare, then all commit, then all go on; they are the same processes, with the new release', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const before = await app.status()
  const pids = pidsOf(before)

  const report = await hotUpgrade(app, await packStandIn(t, '2.0.0'))

  assert.deepEqual(
    app.steps().map(line => line.slice(2)),
    [
      ...['prepare 1.0.0', 'prepare 1.0.0'],
      ...['commit 1.0.0', 'commit 1.0.0'],
      ...['settle 2.0.0', 'settle 2.0.0'],
    ],
  )
  assert.deepEqual(
    app
      .steps()
      .map(line => line[0])
      .sort(),
    ['0', '0', '0', '1', '1', '1'],
  )
  const after = await app.status()
  assert.deepEqual(pidsOf(after), pids)
  assert.equal(after.generation, 1)
  assert.equal(after.release?.version, '2.0.0')
  assert.deepEqual(after.previous, before.release)
  assert.deepEqual(after.activePeer, { ...before.activePeer, release: after.release })
  for (const peer of after.peers) {
    assert.deepEqual(peer.release, after.release)
    assert.deepEqual(peer.state === 'serving' && peer.hot, { upgrades: 1, oldCodeBytes: 1024 })
  }
  assert.equal(readlinkSync(join(app.stateDir, 'current')), `releases/${after.release?.id}`)
  const { at: _, ...entry } = after.lastUpgrade ?? { at: '' }
  assert.deepEqual(entry, {
    action: 'hot-upgrade',
    from: before.release?.id,
    to: after.release?.id,
    outcome: 'succeeded',
    durationMs: report.durationMs,
  })
  // Of each kind: as it is in one peer, the sum, the longest.
  assert.deepEqual(
    { ...report, modules: report.modules.map(({ module }) => module), durationMs: 0 },
    {
      action: 'hot-upgrade',
      app: 'hot-stand-in',
      release: after.release,
      previous: before.release,
      peers: pids,
      copiedModules: 2,
      newModules: 1,
      modulesReloaded: 1,
      moduleNames: ['server.js', 'lib/new.js'],
      processesSucceeded: 6,
      processesFailed: 0,
      processesSkipped: 2,
      processFailures: [0, 1].map(slot => ({ name: 'counter', message: `the one in slot ${slot} is stuck` })),
      processNames: ['counter'],
      skippedNativeModules: ['build/fast.node'],
      suspendDurationMs: 5,
      swapDurationMs: 1,
      durationMs: 0,
      modules: ['server.js', 'lib/new.js'],
      notes: ['Session has a new field'],
      oldCodeBytes: 2048,
    },
  )
})

test('a peer that crashes after it comes back with the new release', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  await hotUpgrade(app, await packStandIn(t, '2.0.0'))
  const [first, second] = pidsOf(await app.status())
  process.kill(first ?? 0, 'SIGKILL')
  const status = await untilServing(app, 2, peer => peer.pid !== first)
  const [restarted, other] = status.peers
  assert.equal(other?.pid, second)
  assert.equal(restarted?.release.version, '2.0.0')
  assert.deepEqual(restarted?.state === 'serving' && restarted.hot, { upgrades: 0, oldCodeBytes: 0 })
  assert.deepEqual(other?.state === 'serving' && other.hot, { upgrades: 1, oldCodeBytes: 1024 })
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  const restart = status.history.find(({ action }) => action === 'restart')
  assert.equal(restart?.to, status.release?.id)
})

test('a rollback goes to the release before it, with new processes; upgrades and hot upgrades go on from there', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const two = await packStandIn(t, '2.0.0')
  await hotUpgrade(app, two)
  await hotUpgrade(app, await packStandIn(t, '3.0.0'))
  const pids = pidsOf(await app.status())

  const back = await app.rollback()
  assert.deepEqual([back.release.version, back.previous.version, back.generation], ['2.0.0', '3.0.0', 2])
  assert.deepEqual(back.draining, pids)
  await Promise.all(pids.map(untilGone))
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  assert.equal((await app.status()).previous?.version, '1.0.0')
  await app.rollback()
  assert.deepEqual(await servedVersions(app), ['1.0.0'])

  await app.upgrade(await packStandIn(t, '4.0.0'))
  const again = await hotUpgrade(app, two)
  assert.deepEqual([again.release.version, again.previous.version], ['2.0.0', '4.0.0'])
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  assert.equal((await app.status()).generation, 4)
})

test('the folders of all that a process may have modules of stay until it has ended', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'), {
    peers: 1,
    args: ['--keep-releases', '1'],
  })
  for (const version of ['2.0.0', '3.0.0', '4.0.0']) await hotUpgrade(app, await packStandIn(t, version))
  assert.deepEqual(releases(app), ['1.0.0', '2.0.0', '3.0.0', '4.0.0'])
  await app.upgrade(await packStandIn(t, '5.0.0'))
  await until(() => releases(app).length === 2)
  assert.deepEqual(releases(app), ['4.0.0', '5.0.0'])
})

test('what is started next boots the new release, and nothing else is different', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'), { peers: 1 })
  await hotUpgrade(app, await packStandIn(t, '2.0.0'))
  await app.stop()
  const { stateRoot } = app
  const again = await startStandIn(t, null, { peers: 1, stateRoot })
  assert.deepEqual(await servedVersions(again), ['2.0.0'])
  assert.equal((await again.status()).previous?.version, '1.0.0')
  assert.ok(existsSync(join(again.stateDir, 'releases')))
})

/** The versions in the store. */
const releases = ({ stateDir }: RunningApp) =>
  readdirSync(join(stateDir, 'releases'))
    .map(id => String(id.split('-')[0]))
    .sort()
