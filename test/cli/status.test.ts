import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boots, holdRequest, launch, pack, until } from '../parent/support.ts'
import { beam, freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

const NO_CONNECTIONS = {
  http1Idle: 0,
  http1InFlight: 0,
  http2Sessions: 0,
  http2Streams: 0,
  upgraded: 0,
  raw: 0,
  handshakes: 0,
}

test('--json has everything there is to know, while one generation serves and one drains', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--no-hot'] })
  const held = await holdRequest(t, app)
  await app.upgrade(await pack(t, '2.0.0'))

  const status = await app.status()

  const { peers, history, uptimeMs, parentMemory, activePeer, ...plain } = status
  const [old, next] = peers
  assert.ok(old && next && plain.release && plain.previous)
  const [first, second] = [plain.previous, plain.release]
  assert.match(first.id, /^1\.0\.0-[0-9a-f]{12}$/)
  assert.match(second.id, /^2\.0\.0-[0-9a-f]{12}$/)
  assert.deepEqual(plain, {
    app: 'tells-about-itself',
    pid: app.pid,
    state: 'serving',
    upgrading: false,
    step: null,
    release: { id: second.id, version: '2.0.0' },
    previous: { id: first.id, version: '1.0.0' },
    generation: 2,
    endpoints: [String(app.port)],
    lastUpgrade: history.at(-1),
    stateDir: app.stateDir,
    node: process.versions.node,
    parentChildren: [],
    leases: [],
    verifiedBy: null,
    trustedKeys: [],
  })
  assert.deepEqual(activePeer, { id: '2.0', pid: next.pid, generation: 2, release: second })
  assert.ok(old.state === 'draining' && old.deadlineMs !== null)
  assert.ok(old.deadlineMs > 0 && old.deadlineMs <= 30_000)
  const { deadlineMs: _, ageMs = -1, load: oldLoad, ...oldRest } = old
  assert.ok(ageMs >= 0 && ageMs <= 30_000)
  assert.ok(oldLoad?.oldest && oldLoad.oldest.forMs >= ageMs)
  const { oldest, ...oldCounts } = oldLoad
  assert.deepEqual([oldest.method, oldest.path.split('?')[0]], ['GET', '/once'])
  assert.deepEqual(oldCounts, {
    connections: 1,
    inFlight: 1,
    kinds: { ...NO_CONNECTIONS, http1InFlight: 1 },
    stage: 'connections',
  })
  assert.deepEqual(oldRest, {
    id: '1.0',
    slot: 0,
    generation: 1,
    pid: old.pid,
    release: first,
    node: process.versions.node,
    state: 'draining',
    hot: null,
  })
  assert.deepEqual(next, {
    id: '2.0',
    slot: 0,
    generation: 2,
    pid: next.pid,
    release: second,
    node: process.versions.node,
    state: 'serving',
    load: { connections: 0, inFlight: 0, kinds: NO_CONNECTIONS },
    hot: null,
  })
  assert.deepEqual(
    history.map(({ at, durationMs, ...entry }) => {
      assert.ok(Date.parse(at) > 0 && durationMs >= 0)
      return entry
    }),
    [
      { action: 'start', from: null, to: first.id, outcome: 'succeeded' },
      { action: 'upgrade', from: first.id, to: second.id, outcome: 'succeeded' },
    ],
  )
  assert.ok(uptimeMs > 0)
  assert.ok(parentMemory > 1024 * 1024)
  await held.answer()
})

test('for people it is a page of text', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const held = await holdRequest(t, app)
  await app.upgrade(await pack(t, '2.0.0'))
  await app.command('upgrade', '/nowhere.tgz')
  const { stdout } = await app.command('status')
  for (const line of [
    /^tells-about-itself: serving$/m,
    /^ {2}release {4}2\.0\.0 \(2\.0\.0-[0-9a-f]{12}\), generation 2$/m,
    /^ {2}before it {2}1\.0\.0 \(1\.0\.0-[0-9a-f]{12}\)$/m,
    new RegExp(`^ {2}endpoints {2}${app.port}$`, 'm'),
    new RegExp(`^ {2}parent {5}process ${app.pid}, up [\\d.]+ m?s, [\\d.]+ MiB$`, 'm'),
    new RegExp(`^ {2}state {6}${app.stateDir}$`, 'm'),
    /^ {2}1\.0 +process \d+ +1\.0\.0 +draining for [\d.]+ m?s: 1 request in flight \(GET \/once\?exists=\S+ for \d+ s\); killed in [\d.]+ s at the latest$/m,
    /^ {2}2\.0 +process \d+ +2\.0\.0 +serving, 0 connections, 0 requests in flight$/m,
    /^ {2}[\d-]{10} [\d:]{8}Z start to 1\.0\.0-\w{12} in [\d.]+ m?s$/m,
    /^ {2}[\d-]{10} [\d:]{8}Z upgrade to 2\.0\.0-\w{12} in [\d.]+ m?s$/m,
    /^ {2}[\d-]{10} [\d:]{8}Z upgrade to nothing failed: release_not_found: Cannot read \/nowhere\.tgz/m,
  ]) {
    assert.match(stdout, line)
  }
  await held.answer()
})

test('while the first release boots, it shows its peers', async t => {
  const archive = await pack(t, '1.0.0', boots('await new Promise(resolve => setInterval(resolve, 1e9))'))
  const stateRoot = tempDir(t)
  const parent = launch(t, ['start', archive, '--port', String(await freePort()), '--state-dir', stateRoot])
  const text = await until(async () => {
    const { code, stdout } = await beam(['status', '--state-dir', stateRoot])
    return code === 0 && stdout
  })
  assert.match(text, /^tells-about-itself: starting$/m)
  assert.match(text, /^ {2}release {4}none yet$/m)
  assert.match(text, /^ {2}before it {2}nothing to roll back to$/m)
  assert.match(text, /^ {2}1\.0 +process \d+ +1\.0\.0 +booting$/m)
  parent.signal('SIGTERM')
  await parent.ended
})
