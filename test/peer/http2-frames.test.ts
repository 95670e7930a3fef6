import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type RunningApp, startApp } from '../support/beam.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import {
  data,
  get,
  goaways,
  isPing,
  pong,
  post,
  rawSession,
  reset,
  resetCode,
  TYPE,
  trailers,
} from '../support/raw-http2.ts'

/** RFC 9113, section 7. */
const NO_ERROR = 0
const INTERNAL_ERROR = 2

const { key, cert } = selfSignedCertificate()

for (const [kind, fixture, ca] of [
  ['cleartext', 'http2-app'],
  ['TLS', 'http2-secure-app', cert],
] as const) {
  test(`${kind}: GOAWAY names the last stream that is served, and comes before the answers`, async t => {
    const { app, upgrade } = await prepare(t, { fixture })
    const session = rawSession(t, app.port, ca)
    session.send(get(1, '/'))
    assert.equal(await session.body(1), '1.0.0')
    await upgrade()
    session.send(get(3, '/'))
    // What is sent before the client has answered is still welcome: it did not know better.
    const ping = await session.frame(isPing)
    assert.deepEqual(goaways(session), [])
    session.send(get(5, '/'), get(7, '/'), pong(ping))
    assert.deepEqual(await Promise.all([3, 5, 7].map(session.body)), ['1.0.0', '1.0.0', '1.0.0'])
    await session.ended()
    assert.deepEqual(goaways(session)[0], { last: 7, code: NO_ERROR })
    assert.deepEqual(goaways(session).at(-1), { last: 7, code: NO_ERROR })
    const order = session.received.map(({ type }) => type)
    assert.ok(order.indexOf(TYPE.goaway) < order.lastIndexOf(TYPE.headers))
  })
}

test('what a client sends behind the GOAWAY never reaches the application', async t => {
  const { app, upgrade, notes } = await prepare(t)
  const session = rawSession(t, app.port)
  session.send(get(1, '/first?ms=1500'))
  await upgrade()
  session.send(get(3, '/second'))
  session.send(pong(await session.frame(isPing)))
  await session.frame(({ type }) => type === TYPE.goaway)
  session.send(get(5, '/third'))
  assert.deepEqual(await Promise.all([1, 3].map(session.body)), ['1.0.0', '1.0.0'])
  await session.ended()
  assert.ok(goaways(session).every(({ last }) => last === 3))
  assert.deepEqual(notes(), ['/first', '/second'])
})

test('a silent session is told its last stream, and closed without a reset though a request meets the end', async t => {
  const { app, upgrade, notes } = await prepare(t)
  const session = rawSession(t, app.port)
  session.send(get(1, '/first'))
  await session.body(1)
  await upgrade()
  await session.frame(({ type }) => type === TYPE.goaway)
  session.send(get(3, '/second'))
  await session.ended()
  assert.ok(goaways(session).every(({ last, code }) => last === 1 && code === NO_ERROR))
  assert.deepEqual(notes(), ['/first'])
})

test('a stream that the client takes back while it waits is given to nobody, and the others are answered', async t => {
  const { app, upgrade, notes } = await prepare(t)
  const session = rawSession(t, app.port)
  session.send(get(1, '/first?ms=1500'))
  await upgrade()
  session.send(get(3, '/second'))
  const ping = await session.frame(isPing)
  session.send(reset(3, INTERNAL_ERROR), get(5, '/third'), pong(ping))
  assert.deepEqual(await Promise.all([1, 5].map(session.body)), ['1.0.0', '1.0.0'])
  await session.ended()
  assert.deepEqual(notes(), ['/first', '/third'])
})

test('a request that is whole before the application has it brings its trailers', async t => {
  const { app, upgrade } = await prepare(t)
  const session = rawSession(t, app.port)
  await upgrade()
  session.send(post(1, '/trailers'), data(1, 'abc'), trailers(1, 'x-sum', '3'))
  session.send(pong(await session.frame(isPing)))
  assert.equal(await session.body(1), '3')
  await session.ended()
})

for (const [who, env] of [
  ['an application without a stop of its own', {}],
  ['one that waits for its streams when it is told to stop', { OWN_STOP: 'yes' }],
] as const) {
  test(`a stream that does not end is reset before ${who} ends, so that no client takes it for whole`, async t => {
    const { app, upgrade } = await prepare(t, { args: ['--shutdown-timeout', '2s'], env })
    const session = rawSession(t, app.port)
    session.send(get(1, '/'), get(3, '/?ms=600000'))
    await session.body(1)
    await upgrade()
    const end = await session.frame(({ type }) => type === TYPE.rstStream)
    assert.equal(end.stream, 3)
    assert.equal(resetCode(end), INTERNAL_ERROR)
    await session.ended()
    assert.ok(goaways(session).every(({ last, code }) => last === 3 && code === NO_ERROR))
    assert.notEqual(goaways(session).length, 0)
  })
}

interface Prepared {
  app: RunningApp
  upgrade(): Promise<void>
  /** The paths that reached the application. */
  notes(): string[]
}

async function prepare(
  t: TestContext,
  {
    fixture = 'http2-app',
    args = ['--shutdown-timeout', 'infinity'],
    env = {},
  }: { fixture?: string; args?: string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Prepared> {
  const files = { 'key.pem': key, 'cert.pem': cert }
  const file = join(tempDir(t), 'notes')
  const archive = await packApp(t, fixture, { version: '1.0.0', files })
  const app = await startApp(t, archive, { args, env: { ...env, NOTES: file } })
  const next = await packApp(t, fixture, { version: '2.0.0', files })
  return {
    app,
    upgrade: async () => void (await app.upgrade(next)),
    notes: () => readFileSync(file, 'utf8').split('\n').filter(Boolean),
  }
}
