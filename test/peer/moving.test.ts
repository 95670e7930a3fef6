import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until, untilGone } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import {
  get,
  type OneConnection,
  oneConnection,
  post,
  type Request,
  textOf,
} from '../support/one-connection.ts'
import { type PackOptions, packApp, tempDir } from '../support/pack-app.ts'

interface Prepared {
  app: RunningApp
  connection: OneConnection
  /** Swaps to the next version. */
  upgrade(): Promise<void>
  /** A file that is there when `make` was called. */
  signal(): { file: string; make(): void }
}

interface Preparation {
  env?: NodeJS.ProcessEnv
  next?: Omit<PackOptions, 'version'>
}

async function prepare(t: TestContext, { env = {}, next = {} }: Preparation = {}): Promise<Prepared> {
  const folder = tempDir(t)
  const opened: OneConnection[] = []
  // Before the application is stopped, which would wait for it.
  t.after(() => {
    for (const connection of opened) connection.close()
  })
  const app = await startApp(t, await packApp(t, 'moving-app', { version: '1.0.0' }), { env })
  const connection = await oneConnection(app.port)
  opened.push(connection)
  let version = 1
  return {
    app,
    connection,
    upgrade: async () => {
      version += 1
      await app.upgrade(await packApp(t, 'moving-app', { version: `${version}.0.0`, ...next }))
    },
    signal: () => {
      const file = join(folder, Math.random().toString(36))
      return { file, make: () => writeFileSync(file, '') }
    },
  }
}

const untilAlone = (app: RunningApp) => until(async () => (await app.status()).peers.length === 1)
const untilInFlight = (app: RunningApp) =>
  until(async () =>
    (await app.status()).peers.some(peer => peer.state === 'serving' && peer.load?.inFlight === 1),
  )
const untilConnected = (app: RunningApp, kind: 'http1Idle') =>
  until(async () =>
    (await app.status()).peers.some(peer => peer.state === 'serving' && peer.load?.kinds?.[kind] === 1),
  )

async function versionOf(connection: OneConnection, request: Request = get('/')): Promise<string> {
  const [answer] = await connection.ask([request])
  assert.equal(answer?.connection, 'keep-alive')
  return answer?.version ?? ''
}

test('an idle connection goes on in the next release, and the old peer ends without waiting for it', async t => {
  const { app, connection, upgrade } = await prepare(t)
  assert.equal(await versionOf(connection), '1.0.0')
  await upgrade()
  await untilAlone(app)
  assert.equal((await app.status()).peers[0]?.state, 'serving')
  await untilConnected(app, 'http1Idle')
  assert.equal(connection.end(), null)
  assert.equal(await versionOf(connection, post('/', 'body '.repeat(40_000))), '2.0.0')
  assert.equal(await versionOf(connection), '2.0.0')
})

test('one that is not used meanwhile goes through three generations', async t => {
  const { app, connection, upgrade } = await prepare(t)
  assert.equal(await versionOf(connection), '1.0.0')
  for (let swap = 0; swap < 3; swap += 1) {
    await upgrade()
    await untilAlone(app)
  }
  assert.equal(await versionOf(connection), '4.0.0')
  await upgrade()
  assert.equal(await versionOf(connection), '5.0.0')
})

test('one that was opened and never used goes on, too', async t => {
  const { app, connection, upgrade } = await prepare(t)
  await untilConnected(app, 'http1Idle')
  await upgrade()
  await untilAlone(app)
  assert.equal(await versionOf(connection), '2.0.0')
})

/** What has been sent at the cutover, and what comes after it. */
const PHASES: [string, Request, (text: string) => number][] = [
  ['half of a head', get('/half/of/a/head'), text => text.length - 12],
  ['one byte', get('/one/byte'), () => 1],
  ['half of a body', post('/half/of/a/body', 'body '.repeat(100)), text => text.length - 250],
  ['a head without its body', post('/without', 'body'), text => text.length - 4],
]

for (const [name, request, cut] of PHASES) {
  test(`${name} at the cutover: answered by the old release, on a connection that goes on in the new one`, async t => {
    const { app, connection, upgrade } = await prepare(t)
    assert.equal(await versionOf(connection), '1.0.0')
    const text = textOf(request)
    connection.write(text.slice(0, cut(text)))
    await upgrade()
    assert.deepEqual(
      (await app.status()).peers.map(({ state }) => state),
      ['draining', 'serving'],
    )
    connection.write(text.slice(cut(text)))
    const answer = await connection.answer(request)
    assert.equal(answer.version, '1.0.0')
    assert.equal(answer.connection, 'keep-alive')
    assert.equal(await versionOf(connection), '2.0.0')
    await untilAlone(app)
  })
}

for (const moment of ['after', 'ends'] as const) {
  const what = moment === 'after' ? 'A request that waits for its answer' : 'An answer that has begun'
  test(`${what} at the cutover is the old release's; the connection goes on in the new one`, async t => {
    const { app, connection, upgrade, signal } = await prepare(t)
    const { file, make } = signal()
    const request = get(`/?${moment}=${encodeURIComponent(file)}`)
    connection.write(textOf(request))
    await untilInFlight(app)
    await upgrade()
    make()
    const answer = await connection.answer(request)
    assert.equal(answer.version, '1.0.0')
    assert.equal(answer.connection, 'keep-alive')
    assert.equal(await versionOf(connection), '2.0.0')
    await untilAlone(app)
  })
}

test("of several requests at once, those that were read are the old release's, the others the new one's", async t => {
  const { app, connection, upgrade, signal } = await prepare(t)
  const { file, make } = signal()
  const first = [get(`/?after=${encodeURIComponent(file)}`), get('/second')]
  connection.write(first.map(textOf).join(''))
  await untilInFlight(app)
  await upgrade()
  const later = Array.from({ length: 50 }, (_, index) => post(`/later/${index}`, 'body '.repeat(1_000)))
  connection.write(later.map(textOf).join(''))
  make()
  for (const request of first) assert.equal((await connection.answer(request)).version, '1.0.0')
  for (const request of later) assert.equal((await connection.answer(request)).version, '2.0.0')
  await untilAlone(app)
})

test('a connection that the next release refuses is told to close with its next answer', async t => {
  const next = {
    files: { 'server.js': "import net from 'node:net'; net.createServer().listen(process.env.PORT)" },
  }
  const { connection, upgrade } = await prepare(t, { next })
  assert.equal(await versionOf(connection), '1.0.0')
  await upgrade()
  const [answer] = await connection.ask([get('/')])
  assert.equal(answer?.version, '1.0.0')
  assert.equal(answer?.connection, 'close')
})

test('a release that dies as it is given a connection has not taken it: the old peer answers', async t => {
  const died = join(tempDir(t), 'died')
  const dies = `
import http from 'node:http'
import { writeFileSync } from 'node:fs'
const server = http.createServer()
server.on('connection', () => {
  writeFileSync(${JSON.stringify(died)}, '')
  process.kill(process.pid, 'SIGKILL')
})
server.listen(process.env.PORT)`
  const { app, connection, upgrade } = await prepare(t, { next: { files: { 'server.js': dies } } })
  await untilConnected(app, 'http1Idle')
  await upgrade()
  await until(() => existsSync(died))
  const [answer] = await connection.ask([get('/')])
  assert.equal(answer?.version, '1.0.0')
  assert.equal(answer?.connection, 'close')
})

test('when the parent dies meanwhile, a connection has nowhere to go: it is told to close with its next answer', async t => {
  const { app, connection, upgrade, signal } = await prepare(t)
  const { file, make } = signal()
  const request = get(`/?after=${encodeURIComponent(file)}`)
  connection.write(textOf(request))
  await untilInFlight(app)
  await upgrade()
  const { activePeer } = await app.status()
  process.kill(app.pid, 'SIGKILL')
  await untilGone(activePeer?.pid ?? 0)
  make()
  assert.equal((await connection.answer(request)).version, '1.0.0')
  const [last] = await connection.ask([get('/')])
  assert.equal(last?.version, '1.0.0')
  assert.equal(last?.connection, 'close')
})
