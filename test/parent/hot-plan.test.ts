import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ReleaseConfig } from '../../src/config/config.ts'
import { planOfParent } from '../../src/parent/hot-reasons.ts'
import type { NodeBinary, Release } from '../../src/release/release.ts'
import type { UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { packStandIn, startStandIn } from '../support/hot-stand-in.ts'
import { servedVersions } from './hot-support.ts'
import { about, errorOf, pack, snapshot } from './support.ts'

// Where peers run here, they have a stand-in for the engine (test/fixtures/hot-stand-in): it is the parent's part that is tested.

const plan = async (app: RunningApp, archive: string, ...options: string[]) => {
  const { code, stdout, stderr } = await app.command('plan', archive, '--json', ...options)
  assert.equal(code, 0, stdout + stderr)
  return JSON.parse(stdout) as UpgradePlan
}

const configured = (config: object) => ({ files: { 'beam-deploy.config.json': JSON.stringify(config) } })

test('a plan says what would be, and leaves no trace', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const before = { disk: snapshot(app.stateDir), status: withoutTimes(await app.status()) }

  const found = await plan(app, await packStandIn(t, '2.0.0'))

  assert.equal(found.verdict, 'hot')
  assert.equal(found.release.version, '2.0.0')
  // Two in each of the two peers.
  assert.deepEqual(found.processes, [{ name: 'counter', from: '1', to: '2', instances: 4 }])
  assert.deepEqual(
    found.modules.map(({ module }) => module),
    ['server.js', 'lib/new.js'],
  )
  assert.deepEqual({ disk: snapshot(app.stateDir), status: withoutTimes(await app.status()) }, before)
  assert.equal(readdirSync(join(app.stateDir, 'releases')).length, 1)
  assert.deepEqual(
    app.steps().map(line => line.slice(2)),
    [...['prepare 1.0.0', 'prepare 1.0.0'], ...['discard 1.0.0', 'discard 1.0.0']],
  )
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
})

test('a plan with a reason is an answer, not a failure; of a release that is in the store already nothing is removed', async t => {
  const archive = await packStandIn(t, '1.0.0')
  const app = await startStandIn(t, archive)
  const two = await packStandIn(t, '2.0.0')
  await app.upgrade(two)
  await app.upgrade(await packStandIn(t, '3.0.0'))
  app.order({ 1: { prepare: 'refuse' } })
  const before = snapshot(app.stateDir)
  for (const known of [archive, two]) {
    const found = await plan(app, known)
    assert.equal(found.verdict, 'blue-green')
    assert.equal(found.reasons.length, 2)
  }
  assert.deepEqual(snapshot(app.stateDir), before)
})

test('what belongs to the parent takes a new one, unless it is accepted that it waits for that', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const next = await packStandIn(t, '2.0.0', configured({ peers: 3 }))

  const found = await plan(app, next)
  assert.equal(found.verdict, 'restart')
  assert.deepEqual(found.reasons, [
    {
      module: 'beam-deploy.config',
      line: null,
      message: 'peers is another, and the parent has it from its start',
      remedy: 'Start the parent anew for it (`beam-deploy stop` and `start`), or leave peers as it is.',
      allow: 'beam-deploy.config#peers',
    },
  ])
  const error = errorOf(await app.command('hot-upgrade', next, '--json'))
  assert.equal(error.code, 'incompatible_change')
  assert.match(error.message, /takes effect when that is started anew\.$/)

  assert.equal((await plan(app, next, '--allow', 'beam-deploy.config#peers')).verdict, 'hot')
  const { code } = await app.command('hot-upgrade', next, '--allow', 'beam-deploy.config#peers')
  assert.equal(code, 0)
  assert.match(app.output(), /2\.0\.0 is configured otherwise in peers, which takes effect at the next start/)
  // The next one is configured as what runs: there is nothing to ask for again.
  assert.equal((await plan(app, await packStandIn(t, '3.0.0', configured({ peers: 3 })))).verdict, 'hot')
})

test('what a process has from its start takes new processes', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const found = await plan(
    app,
    await packStandIn(t, '2.0.0', configured({ shutdownTimeout: '1m', peers: 2 })),
  )
  assert.equal(found.verdict, 'restart')
  assert.deepEqual(
    found.reasons.map(({ message, allow }) => [message.split(' ')[0], allow]),
    [
      ['peers', 'beam-deploy.config#peers'],
      ['shutdownTimeout', null],
    ],
  )
  const one = await plan(app, await packStandIn(t, '2.0.0', configured({ shutdownTimeout: '1m' })))
  assert.equal(one.verdict, 'blue-green')
})

const NODE: NodeBinary = { path: '/node', version: '24.21.0', abi: '137' }
const release = (version: string, node?: NodeBinary, config?: ReleaseConfig): Release => ({
  ...{ id: `${version}-0`, name: 'shop', version, dir: `/${version}`, entry: 'main.js' },
  ...(node && { node }),
  ...(config && { config }),
})
const verdictOf = (target: Release, builtOnNode?: number, outgoing = release('1.0.0')) => {
  const settings = { nodeOf: ({ node = NODE }: Partial<Release>) => node }
  return planOfParent({ origin: outgoing, outgoing, target, builtOnNode }, settings, [])
}

test('another Node.js takes new processes; the same one from elsewhere does not', () => {
  const other = verdictOf(release('2.0.0', { path: 'bin/node', version: '26.10.0', abi: '147' }), 26)
  assert.equal(other.verdict, 'blue-green')
  assert.deepEqual(
    other.reasons.map(({ message }) => message),
    ['it runs on Node.js 26.10.0, and what runs is Node.js 24.21.0'],
  )
  assert.equal(verdictOf(release('2.0.0', { ...NODE, path: 'bin/node' }), 24).verdict, 'hot')
  assert.equal(verdictOf(release('2.0.0')).verdict, 'hot')
})

test('a release that was built for another major version of Node.js takes new processes', () => {
  const { verdict, reasons } = verdictOf(release('2.0.0'), 26)
  assert.equal(verdict, 'blue-green')
  assert.match(String(reasons[0]?.message), /built for Node\.js 26/)
  assert.match(String(reasons[0]?.remedy), /^Build it with Node\.js 24/)
})

/** What tests of ours mean by `--require`. */
const loadsHot = async (app: RunningApp) =>
  (await about(app.port)).execArgv.some(argument => /hot\.(cjs|ts)$|hot[\\/]preload/.test(argument))

test('with --no-hot no peer loads it, and hot-upgrade and plan say so; other swaps are as ever', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--no-hot'] })
  assert.equal(await loadsHot(app), false)
  const next = await pack(t, '2.0.0')
  const before = snapshot(app.stateDir)
  for (const command of ['hot-upgrade', 'plan']) {
    const error = errorOf(await app.command(command, next, '--json'))
    assert.equal(error.code, 'hot_unavailable')
    assert.match(error.message, /was started with --no-hot.*beam-deploy upgrade/)
  }
  assert.deepEqual(snapshot(app.stateDir), before)
  const { peers } = await app.status()
  assert.equal(peers[0]?.state === 'serving' && peers[0].hot, null)
  assert.equal((await app.upgrade(next)).release.version, '2.0.0')
  assert.equal(await loadsHot(app), false)
})

test('a release says in its configuration whether it is run with hot loading', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  assert.equal(await loadsHot(app), true)
  await app.upgrade(await pack(t, '2.0.0', configured({ hot: false })))
  assert.equal(await loadsHot(app), false)
  const three = await pack(t, '3.0.0')
  assert.equal(errorOf(await app.command('plan', three, '--json')).code, 'hot_unavailable')
  await app.upgrade(three)
  assert.equal(await loadsHot(app), true)
})

test('where the engine is not there although it was asked for, that is said', async t => {
  // Code from strings is what an engine cannot do without.
  const env = { NODE_OPTIONS: '--disallow-code-generation-from-strings' }
  const app = await startApp(t, await pack(t, '1.0.0'), { env })
  const error = errorOf(await app.command('hot-upgrade', await pack(t, '2.0.0'), '--json'))
  assert.equal(error.code, 'hot_unavailable')
  assert.match(error.message, /does not generate code from strings.*beam-deploy upgrade/)
})

const withoutTimes = ({
  uptimeMs: _,
  parentMemory: __,
  peers,
  ...status
}: Awaited<ReturnType<RunningApp['status']>>) => ({
  ...status,
  peers: peers.map(({ id, pid, release: runs, state }) => ({ id, pid, runs, state })),
})
