import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, type RunningApp, startApp } from '../support/beam.ts'
import { eventSource } from '../support/event-source.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const MIB = 1024 * 1024
const DOWNLOAD = 64

for (const peers of [1, 2]) {
  for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
    test(`${DOWNLOAD} MiB downloads that stand still during a swap arrive whole, ${protocol}, ${peers} peer(s)`, async t => {
      const { app, http2Port, upgrade } = await prepare(t, ['--peers', String(peers)])
      const open = protocol === 'HTTP/2' ? openHttp2(t, http2Port) : openHttp1(app.port)
      const downloads = await Promise.all(Array.from({ length: 4 }, () => open(`/download?mib=${DOWNLOAD}`)))
      // Nobody reads: the server is held up by what fits into buffers and windows.
      for (const { version } of downloads) assert.equal(version, '1.0.0')
      await upgrade()
      const sizes = await Promise.all(downloads.map(({ body }) => sizeOf(body)))
      assert.deepEqual(
        sizes,
        Array.from(sizes, () => DOWNLOAD * MIB),
      )
    })
  }
}

test('a session whose streams go on is told after a while that it ends, and they arrive whole', async t => {
  const { http2Port, upgrade } = await prepare(t)
  const open = openHttp2(t, http2Port)
  const { body, session } = await open(`/download?mib=${DOWNLOAD}`)
  const goaway = session ? once(session, 'goaway') : Promise.reject(new Error('no session'))
  await upgrade()
  const [code, last] = await goaway
  assert.deepEqual([code, last], [http2.constants.NGHTTP2_NO_ERROR, 1])
  assert.equal(await sizeOf(body), DOWNLOAD * MIB)
})

test(`an upload of ${DOWNLOAD} MiB over HTTP/2, most of it after the swap, arrives whole`, async t => {
  const { http2Port, upgrade } = await prepare(t)
  const client = http2.connect(`http://127.0.0.1:${http2Port}`)
  t.after(() => client.destroy())
  const stream = client.request({ ':method': 'POST', ':path': '/upload' })
  const chunk = Buffer.alloc(MIB, 'upload')
  const hash = createHash('sha256')
  const answer = text(stream)
  for (let sent = 0; sent < DOWNLOAD; sent += 1) {
    hash.update(chunk)
    if (!stream.write(chunk)) await once(stream, 'drain')
    if (sent === 2) await upgrade()
  }
  stream.end()
  assert.equal(await answer, hash.digest('hex'))
})

test('a long poll is answered by the release that took it, when there is something new', async t => {
  const { app, upgrade } = await prepare(t)
  const news = join(tempDir(t), 'news')
  const polls = Array.from({ length: 8 }, () => pollFor(app, news))
  await inFlight(app, 8)
  await upgrade()
  writeFileSync(news, '')
  assert.deepEqual(
    await Promise.all(polls),
    polls.map(() => '1.0.0'),
  )
  assert.equal(await pollFor(app, news), '2.0.0')
})

test('streams of events that never end go on until the time to stop, and then in the new release without a gap', async t => {
  const { app, upgrade } = await prepare(t, ['--shutdown-timeout', '2s'])
  const sources = Array.from({ length: 10 }, () => eventSource(t, `${app.url}/events`))
  await Promise.all(sources.map(({ received }) => received('1.0.0')))
  await upgrade()
  await Promise.all(sources.map(({ received }) => received('2.0.0')))
  for (const { events, connections } of sources) {
    assert.deepEqual(
      events.map(({ id }) => id),
      events.map((_, index) => index + 1),
    )
    assert.equal(connections(), 2)
  }
})

for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
  test(`a download that is not over when the time to stop is ends with an error, not as if it were whole, ${protocol}`, async t => {
    const { app, http2Port, upgrade } = await prepare(t, ['--shutdown-timeout', '1s'])
    const open = protocol === 'HTTP/2' ? openHttp2(t, http2Port) : openHttp1(app.port)
    const { body } = await open(`/download?mib=${DOWNLOAD}`)
    const [reset] = await Promise.all([failure(body), upgrade().then(() => only(app, '2.0.0'))])
    assert.match(String(reset), /aborted|NGHTTP2_INTERNAL_ERROR/)
  })
}

interface Download {
  version: string
  body: Readable
  session?: http2.ClientHttp2Session
}

type Open = (path: string) => Promise<Download>

const openHttp1 =
  (port: number): Open =>
  async path => {
    const request = http.get({ host: '127.0.0.1', port, path, agent: false })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    return { version: String(response.headers['x-version']), body: response }
  }

/** All streams on one session. */
function openHttp2(t: TestContext, port: number): Open {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  return async path => {
    const body = session.request({ ':path': path })
    const [headers] = (await once(body, 'response')) as [http2.IncomingHttpHeaders]
    return { version: String(headers['x-version']), body, session }
  }
}

async function sizeOf(body: Readable): Promise<number> {
  let size = 0
  for await (const chunk of body) size += (chunk as Buffer).length
  return size
}

/** Resolves to what a body ends with that is read slowly. */
async function failure(body: Readable): Promise<unknown> {
  try {
    for await (const _ of body) await delay(20)
  } catch (error) {
    return error
  }
  return 'nothing: it ended as if it were whole'
}

/** Resolves when no peer of another release is left. */
async function only(app: RunningApp, version: string): Promise<void> {
  for (;;) {
    const { peers } = await app.status()
    if (peers.every(({ release }) => release.version === version)) return
  }
}

async function pollFor(app: RunningApp, news: string): Promise<string> {
  const { body } = await openHttp1(app.port)(`/poll?news=${encodeURIComponent(news)}`)
  return text(body)
}

/** Resolves when that many requests are not answered yet. */
async function inFlight(app: RunningApp, count: number): Promise<void> {
  for (;;) {
    const { peers } = await app.status()
    if (peers.some(peer => peer.state === 'serving' && peer.load?.inFlight === count)) return
  }
}

async function prepare(t: TestContext, args: string[] = []) {
  const http2Port = await freePort()
  const app = await startApp(t, await packApp(t, 'streams-app', { version: '1.0.0' }), {
    args: ['--port', String(http2Port), ...args],
    env: { HTTP2_PORT: String(http2Port) },
  })
  const next = await packApp(t, 'streams-app', { version: '2.0.0' })
  return { app, http2Port, upgrade: async () => void (await app.upgrade(next)) }
}
