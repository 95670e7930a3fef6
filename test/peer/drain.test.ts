import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type RunningApp, startApp } from '../support/beam.ts'
import { untilDraining } from '../support/draining.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

interface Swap {
  app: RunningApp
  upgrade(): Promise<void>
  notes(): string[]
}

async function prepare(t: TestContext, env: NodeJS.ProcessEnv = {}, args: string[] = []): Promise<Swap> {
  const file = join(tempDir(t), 'notes')
  const first = await packApp(t, 'drain-app', { version: '1.0.0' })
  const second = await packApp(t, 'drain-app', { version: '2.0.0' })
  const app = await startApp(t, first, { env: { ...env, NOTES: file }, args })
  return {
    app,
    upgrade: async () => void (await app.upgrade(second)),
    notes: () => readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean),
  }
}

test('a request that takes 10 s to answer survives a swap', async t => {
  const { app, upgrade } = await prepare(t)
  const answer = await begin(app, '/slow?ms=10000')
  await upgrade()
  assert.equal((await get(app, '/')).body, '2.0.0')
  assert.equal((await answer.response).body, '1.0.0')
})

test('an answer that is given while a peer drains with nobody in its place says Connection: close', async t => {
  const { app } = await prepare(t)
  const agent = new http.Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const answer = await begin(app, '/slow?ms=1500', agent)
  await untilDraining(app)
  assert.equal((await answer.response).headers.connection, 'close')
})

test('then, too, an idle keep-alive connection is not closed before its next answer', async t => {
  const { app } = await prepare(t)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  assert.equal((await get(app, '/', agent)).headers.connection, 'keep-alive')
  await untilDraining(app)
  assert.equal((await get(app, '/', agent)).headers.connection, 'close')
  await app.ended
})

test('nor is one that was opened and not used', async t => {
  const { app } = await prepare(t)
  const socket = net.connect(app.port, '127.0.0.1')
  await until(async () => (await app.status()).peers[0]?.state === 'serving' && (await loadOf(app)) === 1)
  await untilDraining(app)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const answer = await textOf(socket)
  assert.match(answer, /^HTTP\/1\.1 200[\s\S]*Connection: close[\s\S]*1\.0\.0$/)
})

test('an upload in progress arrives whole', async t => {
  const { app, upgrade } = await prepare(t)
  const body = randomBytes(512 * 1024)
  const request = http.request({ port: app.port, path: '/upload', method: 'POST', agent: false })
  const response = responseTo(request)
  request.write(body.subarray(0, 100_000))
  await until(async () => (await inFlight(app)) === 1)
  await upgrade()
  request.end(body.subarray(100_000))
  assert.equal((await response).body, createHash('sha256').update(body).digest('hex'))
})

test('a stream of events in progress is sent to its end', async t => {
  const { app, upgrade } = await prepare(t)
  const stream = await begin(app, '/events')
  await upgrade()
  const { body } = await stream.response
  assert.equal(body.match(/data: 1\.0\.0/g)?.length, 20)
})

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`stop accepting, answers, ${signal} handler, exit: in this order, and server.close() succeeds`, async t => {
    const { app, upgrade, notes } = await prepare(t, { STOP_SIGNAL: signal })
    const answer = await begin(app, '/slow?ms=1500')
    await upgrade()
    assert.equal((await answer.response).body, '1.0.0')
    await until(async () => (await app.status()).peers.length === 1)
    assert.deepEqual(notes(), ['1.0.0 answers', `1.0.0 gets ${signal}`, '1.0.0 has closed'])
  })
}

test('an upgraded connection is left to the stop handler, which is not kept waiting for it', async t => {
  const { app, upgrade } = await prepare(t, { STOP_SIGNAL: 'SIGTERM' })
  const text = textOf(await upgradedSocket(app))
  await upgrade()
  assert.equal(await text, 'bye')
})

test('without a stop handler an upgraded connection lives on, until the shutdown timeout', async t => {
  const { app, upgrade } = await prepare(t, {}, ['--shutdown-timeout', '3s'])
  const socket = await upgradedSocket(app)
  const text = textOf(socket)
  await upgrade()
  assert.equal((await get(app, '/')).body, '2.0.0')
  socket.write('hello')
  assert.equal(await text, '1.0.0 hello')
  await until(async () => (await app.status()).peers.length === 1)
})

interface Answer {
  headers: http.IncomingHttpHeaders
  body: string
}

function responseTo(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', response => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('error', reject)
      response.on('end', () => resolve({ headers: response.headers, body }))
    })
  })
}

const get = (app: RunningApp, path: string, agent: http.Agent | false = false) =>
  responseTo(http.get({ host: '127.0.0.1', port: app.port, path, agent }))

/** Sends a request, and resolves when the server has it. */
async function begin(app: RunningApp, path: string, agent: http.Agent | false = false) {
  const response = get(app, path, agent)
  await until(async () => (await inFlight(app)) === 1)
  return { response }
}

const servingLoad = async (app: RunningApp) => {
  const peer = (await app.status()).peers.find(({ state }) => state === 'serving')
  return peer?.state === 'serving' ? peer.load : null
}
const inFlight = async (app: RunningApp) => (await servingLoad(app))?.inFlight
const loadOf = async (app: RunningApp) => (await servingLoad(app))?.connections

async function upgradedSocket(app: RunningApp): Promise<net.Socket> {
  const socket = net.connect(app.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  const answer = await new Promise(resolve => socket.once('data', data => resolve(String(data))))
  assert.match(String(answer), /^HTTP\/1\.1 101/)
  return socket
}

function textOf(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', data => {
      text += data
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

/** Asks again until it is so; the time limit is the test's. */
async function until(probe: () => Promise<boolean>): Promise<void> {
  while (!(await probe()));
}
