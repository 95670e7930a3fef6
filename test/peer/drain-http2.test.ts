import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type RunningApp, startApp } from '../support/beam.ts'
import { packApp } from '../support/pack-app.ts'

test('streams that are open at the swap are answered, and so are those opened after it on the same session', async t => {
  const { app, upgrade } = await prepare(t)
  const session = connect(t, app.port)
  const slow = answerTo(session, '/?ms=1500')
  assert.equal(await answerTo(session, '/'), '1.0.0')
  await upgrade()
  assert.deepEqual(session.goaways, [])
  const [first, second] = [answerTo(session, '/'), answerTo(session, '/?ms=500')]
  assert.deepEqual(await Promise.all([slow, first, second]), ['1.0.0', '1.0.0', '1.0.0'])
  await session.ended
  // The last stream that it took: the fourth, by odd numbers from 1.
  assert.deepEqual([...new Set(session.goaways)], [7])
  assert.equal(await answerTo(connect(t, app.port), '/'), '2.0.0')
})

test('an upload over HTTP/2 arrives whole', async t => {
  const { app, upgrade } = await prepare(t)
  const session = connect(t, app.port)
  const stream = session.client.request({ ':path': '/echo', ':method': 'POST' })
  const body = text(stream)
  stream.write('before, ')
  await once(stream, 'response')
  await upgrade()
  // Another one makes the session end; what is open goes on.
  assert.equal(await answerTo(session, '/'), '1.0.0')
  stream.end('after')
  assert.equal(await body, 'before, after')
  await session.ended
})

test('a session on which nothing happens is closed without an error', async t => {
  const { app, upgrade } = await prepare(t)
  const session = connect(t, app.port)
  assert.equal(await answerTo(session, '/'), '1.0.0')
  await upgrade()
  await session.ended
  assert.equal((await app.status()).peers.length, 1)
})

interface Session {
  client: http2.ClientHttp2Session
  /** The last stream that each GOAWAY named. */
  goaways: number[]
  /** Rejects when it ended with an error. */
  ended: Promise<void>
}

function connect(t: TestContext, port: number): Session {
  const client = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => client.destroy())
  const goaways: number[] = []
  client.on('goaway', (_code, last) => goaways.push(last))
  const ended = new Promise<void>((resolve, reject) => {
    client.once('error', reject)
    client.once('close', resolve)
  })
  ended.catch(() => undefined)
  return { client, goaways, ended }
}

async function answerTo({ client }: Session, path: string): Promise<string> {
  return text(client.request({ ':path': path }))
}

async function prepare(t: TestContext): Promise<{ app: RunningApp; upgrade(): Promise<void> }> {
  const archive = await packApp(t, 'http2-app', { version: '1.0.0' })
  // So that no session ends because the time is up.
  const app = await startApp(t, archive, { args: ['--shutdown-timeout', 'infinity'] })
  const next = await packApp(t, 'http2-app', { version: '2.0.0' })
  return { app, upgrade: async () => void (await app.upgrade(next)) }
}
