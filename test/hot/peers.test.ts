import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HotUpgradeReport } from '../../src/rpc/hot-contracts.ts'
import { bothAnswer, pidsOf, servedVersions, untilServing } from '../parent/hot-support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { packApp } from '../support/pack-app.ts'

const VERSIONS = ['1.0.0', '2.0.0', '3.0.0'] as const

const SERVER = `
import http from 'node:http'
import { answer } from './lib/answer.js'
http.createServer((request, response) => response.end(JSON.stringify(answer()))).listen(process.env.PORT)
`

/** Version, process, and how often the process has answered. */
const answer = (version: string) => `
import { pid } from 'node:process'
let n = 0
export const answer = () => ({ version: '${version}', pid, n: ++n })
`

const pack = (t: TestContext, version: string) =>
  packApp(t, 'seed-app', {
    version,
    files: { 'server.js': SERVER, 'lib/answer.js': answer(version) },
    manifest: { type: 'module', dependencies: {} },
  })

async function start(t: TestContext) {
  const [v1 = '', v2 = '', v3 = ''] = await Promise.all(VERSIONS.map(version => pack(t, version)))
  const app = await startApp(t, v1, { args: ['--peers', '2'] })
  return { app, v2, v3 }
}

async function hotUpgrade(app: RunningApp, archive: string): Promise<HotUpgradeReport> {
  const { code, stdout, stderr } = await app.command('hot-upgrade', archive, '--json')
  assert.equal(code, 0, `${stdout}${stderr}`)
  return JSON.parse(stdout) as HotUpgradeReport
}

/** The highest count that each process has answered with, asked until both have. */
async function counts(app: RunningApp): Promise<Map<number, number>> {
  await servedVersions(app)
  return new Map((await bothAnswer<{ pid: number; n: number }>(app)).map(({ pid, n }) => [pid, n]))
}

test('a peer that crashes after a hot upgrade comes back with the new code, and both go on to the next', async t => {
  const { app, v2, v3 } = await start(t)
  const [first = 0, second = 0] = pidsOf(await untilServing(app, 2))
  const before = await counts(app)
  const report = await hotUpgrade(app, v2)
  assert.deepEqual(report.peers.toSorted(), [first, second].toSorted())
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  process.kill(first, 'SIGKILL')
  await untilServing(app, 2, ({ pid }) => pid !== first)
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  const after = await counts(app)
  assert.ok((after.get(second) ?? 0) > (before.get(second) ?? 0), 'the other one has kept its state')
  const { peers } = await hotUpgrade(app, v3)
  assert.equal(peers.length, 2)
  assert.deepEqual(await servedVersions(app), ['3.0.0'])
  assert.deepEqual(new Set(pidsOf(await app.status())), new Set(peers))
  const hot = (await untilServing(app, 2)).peers.map(peer => ('hot' in peer ? peer.hot?.upgrades : null))
  assert.deepEqual(hot.toSorted(), [1, 2])
})

test('a rollback after hot upgrades goes to the release before; status shows them and the memory of old code', async t => {
  const { app, v2, v3 } = await start(t)
  await hotUpgrade(app, v2)
  const once = (await app.status()).peers.map(peer => ('hot' in peer ? peer.hot : null))
  await hotUpgrade(app, v3)
  const twice = (await app.status()).peers.map(peer => ('hot' in peer ? peer.hot : null))
  assert.deepEqual(
    [...once, ...twice].map(hot => hot?.upgrades),
    [1, 1, 2, 2],
  )
  assert.ok((once[0]?.oldCodeBytes ?? 0) > 0)
  assert.ok((twice[0]?.oldCodeBytes ?? 0) > (once[0]?.oldCodeBytes ?? 0))
  assert.match((await app.command('status')).stdout, /2 hot upgrades \(\d+ KiB of old code\)/)
  const pids = pidsOf(await app.status())
  const { release } = await app.rollback()
  assert.equal(release.version, '2.0.0')
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  await untilServing(app, 2, ({ pid }) => pid !== null && !pids.includes(pid))
  await hotUpgrade(app, v3)
  assert.deepEqual(await servedVersions(app), ['3.0.0'])
})
