import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  about,
  assertNoLoss,
  errorOf,
  failingUpgrade,
  pack,
  run,
  snapshot,
  until,
} from '../parent/support.ts'
import { beam, startApp } from '../support/beam.ts'
import { applyLoad, keepAlive, newConnections } from '../support/load.ts'
import { OTHER_NODE, otherVersion, putProgram, WRAPPER } from '../support/other-node.ts'
import { layOutApp, packApp, tempDir } from '../support/pack-app.ts'

const SWAPS = 10
const OWN = process.versions.node

/** A folder with the application and, where given, a Node.js of its own. */
function folder(t: TestContext, version: string, node?: string): string {
  const dir = layOutApp(t, 'tells-about-itself', { version })
  if (node !== undefined) putProgram(dir, 'node_modules/node/bin/node', node)
  return dir
}

const runsOn = async (port: number) => (await about(port)).node

for (const [name, kind] of [
  ['new connections', newConnections],
  ['keep-alive', keepAlive(5)],
] as const)
  test(`${SWAPS} swaps from one major version of Node.js to the other and back, ${name}: no request fails`, async t => {
    const own = await packApp(t, 'tells-about-itself', { version: '1.0.0' })
    const other = folder(t, '2.0.0', WRAPPER)
    const app = await startApp(t, own)
    const load = applyLoad(app.port, kind, 8)
    t.after(() => load.stop())
    for (let swap = 1; swap <= SWAPS; swap += 1) {
      const { release } = await app.upgrade(swap % 2 === 1 ? other : own)
      await load.answeredBy(release.version)
      assert.equal(await runsOn(app.port), swap % 2 === 1 ? otherVersion() : OWN)
    }
    const tally = await load.stop()
    assertNoLoss(tally)
    assert.deepEqual([...tally.answers.keys()].sort(), ['1.0.0', '2.0.0'])
  })

test('a whole Node.js inside an archive runs it; status says so; a rollback and a restart find theirs', async t => {
  const dir = layOutApp(t, 'tells-about-itself', {
    version: '2.0.0',
    files: { 'beam-deploy.config.json': '{ "node": "./runtime/node" }' },
  })
  cpSync(OTHER_NODE, putProgram(dir, 'runtime/node', ''))
  const out = join(tempDir(t), 'app.tar')
  const { code, stderr } = await beam(['release', dir, '--out', out])
  assert.equal(code, 0, stderr)

  const app = await startApp(t, await pack(t, '1.0.0'))
  await app.upgrade(out)
  assert.equal(await runsOn(app.port), otherVersion())
  await until(async () => (await app.status()).peers.length === 1)
  const { node, peers } = await app.status()
  assert.deepEqual([node, peers.map(peer => peer.node)], [OWN, [otherVersion()]])
  assert.match(
    (await app.command('status')).stdout,
    new RegExp(`serving, .*, on Node\\.js ${otherVersion()}`),
  )
  await app.rollback()
  assert.equal(await runsOn(app.port), OWN)
  await app.upgrade(out)
  await app.stop()

  const again = await startApp(t, null, { stateRoot: app.stateRoot, port: app.port })
  assert.equal(await runsOn(again.port), otherVersion())
  // A crash too.
  const [peer] = (await again.status()).peers
  process.kill(Number(peer?.pid), 'SIGKILL')
  await until(async () => (await again.status()).history.some(({ action }) => action === 'restart'))
  assert.equal(await runsOn(again.port), otherVersion())
})

test('parent and peer speak JSON: what V8 writes of one version another may not read', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { pid } = await about(app.port)
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  assert.ok(environment.includes('NODE_CHANNEL_SERIALIZATION_MODE=json'))
})

test('--node runs every release, whatever those bring', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--node', OTHER_NODE] })
  assert.equal(await runsOn(app.port), otherVersion())
  const own = folder(t, '2.0.0', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
  await app.upgrade(own)
  assert.equal(await runsOn(app.port), otherVersion())
})

test('a Node.js that cannot run peers is refused; the old release serves, and nothing of the new one stays', async t => {
  const old = `#!/bin/sh\necho '{"node":"22.1.0","modules":"127"}'\n`
  const app = await startApp(t, await pack(t, '1.0.0'))
  const before = snapshot(app.stateDir)
  const { code, message } = await failingUpgrade(app, folder(t, '2.0.0', old))
  assert.equal(code, 'incompatible_runtime')
  assert.match(message, /names node_modules\/node\/bin\/node as its Node\.js, and that is Node\.js 22\.1\.0/)
  assert.deepEqual(snapshot(app.stateDir), before)
  assert.equal(await runsOn(app.port), OWN)

  const stateRoot = tempDir(t)
  const args = ['start', await pack(t, '1.0.0'), '--port', '0', '--state-dir', stateRoot, '--json']
  const error = errorOf(await run(t, [...args, '--node', '/nowhere/node']))
  assert.equal(error.code, 'incompatible_runtime')
  assert.match(error.message, /--node names \/nowhere\/node, and it does not run here/)
  assert.deepEqual(readdirSync(stateRoot), [])
})

test('processes that waited for a release with the wrong Node.js are ended', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  await app.upgrade(folder(t, '2.0.0', WRAPPER))
  await until(async () => (await app.status()).peers.length === 1)
  const [serving] = (await app.status()).peers
  assert.deepEqual(childrenOf(app.pid), [serving?.pid])
})

/** The process ids of its children (proc(5)). */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
