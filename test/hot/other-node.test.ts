import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { errorOf, failingUpgrade, get, run, snapshot } from '../parent/support.ts'
import { CLI, type RunningApp, startApp } from '../support/beam.ts'
import { assertReasons, type ExpectedReason } from '../support/hot-refusals.ts'
import { OTHER_NODE, otherVersion, putProgram, WRAPPER } from '../support/other-node.ts'
import { layOutApp, packApp, tempDir } from '../support/pack-app.ts'

const OWN = process.versions.node
const majorOf = (version: string) => Number.parseInt(version, 10)

const options = (version: string, manifest: Record<string, unknown> = {}) => ({
  version,
  files: {
    'server.js': `
      import http from 'node:http'
      import { version } from './version.js'
      let answers = 0
      http.createServer((request, response) => {
        answers += 1
        response.end([version(), process.pid, answers].join())
      }).listen(process.env.PORT)`,
    'version.js': `export const version = () => '${version}'`,
  },
  manifest: { type: 'module', main: 'server.js', dependencies: {}, ...manifest },
})

const pack = (t: TestContext, version: string, manifest?: Record<string, unknown>) =>
  packApp(t, 'seed-app', options(version, manifest))

/** An archive as `beam-deploy release` makes it on that Node.js. */
async function builtWith(t: TestContext, node: string, version: string): Promise<string> {
  const out = join(tempDir(t), 'app.tgz')
  const dir = layOutApp(t, 'seed-app', options(version))
  await promisify(execFile)(node, [CLI, 'release', dir, '--out', out])
  return out
}

/** It has to be refused with this reason, and go on. */
async function assertRefused(app: RunningApp, source: string, reason: ExpectedReason): Promise<void> {
  const plan = JSON.parse((await app.command('plan', source, '--json')).stdout) as UpgradePlan
  assert.equal(plan.verdict, 'blue-green')
  assertReasons(plan.reasons, [reason])
  const error = errorOf(await app.command('hot-upgrade', source, '--json'))
  assert.equal(error.code, 'incompatible_change', error.message)
  assertReasons(error.reasons ?? [], [reason])
}

test('by command: a release that was built on another Node.js, or brings one, is refused', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { pid } = (await app.status()).peers[0] ?? {}
  await assertRefused(app, await builtWith(t, OTHER_NODE, '2.0.0'), {
    at: 'package.json',
    says: new RegExp(`^it was built for Node.js ${majorOf(otherVersion())}, and what runs is Node.js ${OWN}`),
    remedy: new RegExp(`Build it with Node.js ${majorOf(OWN)}, or use .beam-deploy upgrade`),
  })
  const bringing = layOutApp(t, 'seed-app', options('2.0.0'))
  putProgram(bringing, 'node_modules/node/bin/node', WRAPPER)
  await assertRefused(app, bringing, {
    at: 'package.json',
    says: new RegExp(`^it runs on Node.js ${otherVersion()}, and what runs is Node.js ${OWN}`),
  })
  assert.equal(await get(app.port, '/'), ['1.0.0', pid, 1].join())
  const { code, stderr } = await app.command('hot-upgrade', await builtWith(t, process.execPath, '3.0.0'))
  assert.equal(code, 0, stderr)
  assert.equal(await get(app.port, '/'), ['3.0.0', pid, 2].join())
})

test('by command: a release whose engines.node excludes what runs is refused, whichever way it comes', async t => {
  const app = await startApp(t, await pack(t, '1.0.0', { engines: { node: `>=${majorOf(OWN)}` } }))
  const { pid } = (await app.status()).peers[0] ?? {}
  const before = snapshot(app.stateDir)
  const engines = { node: `>=${majorOf(OWN) + 1}` }
  const wanted = new RegExp(
    `seed-app 2\\.0\\.0 asks for Node\\.js >=${majorOf(OWN) + 1} \\(engines of its package\\.json\\), and would run on ${OWN}\\. Correct that`,
  )
  const archive = await pack(t, '2.0.0', { engines })
  const refused = [
    errorOf(await app.command('plan', archive, '--json')),
    errorOf(await app.command('hot-upgrade', archive, '--json')),
    await failingUpgrade(app, archive),
  ]
  const stateRoot = tempDir(t)
  refused.push(errorOf(await run(t, ['start', archive, '--port', '0', '--state-dir', stateRoot, '--json'])))
  for (const { code, message } of refused) {
    assert.equal(code, 'incompatible_runtime')
    assert.match(message, wanted)
  }
  assert.deepEqual(readdirSync(stateRoot), [])
  assert.deepEqual(snapshot(app.stateDir), before)
  assert.equal(await get(app.port, '/'), ['1.0.0', pid, 1].join())
})

test('what engines.node asks for is compared with the Node.js that a release brings', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const engines = { node: `${majorOf(otherVersion())}.x` }
  const bringing = layOutApp(t, 'seed-app', options('2.0.0', { engines }))
  putProgram(bringing, 'node_modules/node/bin/node', WRAPPER)
  assert.equal((await app.upgrade(bringing)).release.version, '2.0.0')
})
