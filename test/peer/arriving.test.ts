import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { rawConnection } from '../support/raw-http.ts'

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A server with more in it than an answer; `options` of `createServer`. */
const server = (code: string, options = '{}') => ({
  'server.js': `
import http from 'node:http'
import { readFileSync } from 'node:fs'
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const server = http.createServer(${options}, (request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', text => { body += text }).on('end', () => response.end(version + body))
})
${code}
server.listen(process.env.PORT)`,
})

/** An application whose next release has that, too; and an idle connection that has moved to it. */
async function moved(t: TestContext, files: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  const [first = '', second = ''] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'moving-app', { version, files })),
  )
  const app = await startApp(t, first, { env })
  const connection = await rawConnection(app.port)
  connection.write(GET)
  await connection.read(/1\.0\.0$/)
  await app.upgrade(second)
  await untilAlone(app)
  return { app, connection }
}

const untilAlone = (app: RunningApp) => until(async () => (await app.status()).peers.length === 1)

test('a client that is idle is not told that its request took too long', async t => {
  const files = server(
    'server.headersTimeout = 200; server.keepAliveTimeout = 60_000',
    '{ connectionsCheckingInterval: 50 }',
  )
  const { app, connection } = await moved(t, files)
  // The time of one that came later, and never sends anything, is over.
  const other = await rawConnection(app.port)
  assert.match(await other.ended(), /^HTTP\/1\.1 408/)
  connection.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  assert.match(await connection.ended(), /^HTTP\/1\.1 200[\s\S]*2\.0\.0$/)
})

test('a client that stays idle is closed after the keep-alive time of the new release', async t => {
  const { connection } = await moved(t, server('server.keepAliveTimeout = 300'))
  assert.equal(await connection.ended(), '')
})

test('a client that goes away while it is idle is let go', async t => {
  const { app, connection } = await moved(t, server('server.keepAliveTimeout = 60_000'))
  await untilConnections(app, 1)
  connection.close()
  await untilConnections(app, 0)
})

test('the first request in the new release may ask for another protocol', async t => {
  const upgrades = `
server.on('upgrade', (request, socket, head) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n' + head)
  socket.on('data', data => socket.end(version + ' ' + data))
})`
  const { connection } = await moved(t, server(upgrades))
  connection.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhead')
  await connection.read(/^HTTP\/1\.1 101[\s\S]*\r\n\r\nhead$/)
  connection.write('after')
  assert.equal(await connection.ended(), '2.0.0 after')
})

test('or wait to be told to continue', async t => {
  const { connection } = await moved(t, server(''))
  const head =
    'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'
  connection.write(head)
  await connection.read(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  connection.write('hello')
  assert.match(await connection.ended(), /^HTTP\/1\.1 200[\s\S]*2\.0\.0hello$/)
})

test('a client that ends its side with its request gets its answer', async t => {
  const { connection } = await moved(t, server('server.httpAllowHalfOpen = true'))
  connection.write(GET)
  connection.finish()
  assert.match(await connection.ended(), /^HTTP\/1\.1 200[\s\S]*2\.0\.0$/)
})

test('a connection that has moved counts for its server', async t => {
  const file = join(tempDir(t), 'notes')
  const counts = `
import { appendFileSync } from 'node:fs'
server.on('request', () => server.getConnections((error, count) => appendFileSync(process.env.NOTES, version + ' ' + count + '\\n')))`
  const { connection } = await moved(t, server(counts), { NOTES: file })
  connection.write(GET)
  await connection.read(/2\.0\.0$/)
  await until(() => readFileSync(file, 'utf8') === '1.0.0 1\n2.0.0 1\n')
  connection.close()
})

test('connections of several endpoints go to the same ones in the next release', async t => {
  const path = join(tempDir(t), 'socket')
  const files = server(
    `http.createServer((request, response) => response.end('other ' + version)).listen(${JSON.stringify(path)})`,
  )
  const [first = '', second = ''] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'moving-app', { version, files })),
  )
  const app = await startApp(t, first, { args: ['--path', path] })
  const [one, other] = await Promise.all([rawConnection(app.port), rawConnection(path)])
  for (const connection of [one, other]) connection.write(GET)
  await one.read(/\n1\.0\.0$/)
  await other.read(/other 1\.0\.0$/)
  await app.upgrade(second)
  await untilAlone(app)
  for (const connection of [one, other]) connection.write(GET)
  await one.read(/\n2\.0\.0$/)
  await other.read(/other 2\.0\.0$/)
  for (const connection of [one, other]) connection.close()
})

test('in a new release that bakes they go there at once, and come back with the old one', async t => {
  const [first = '', second = ''] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'moving-app', { version, files: server('') })),
  )
  const app = await startApp(t, first, { args: ['--bake', '1h'] })
  const connection = await rawConnection(app.port)
  const answeredBy = async (version: string) => {
    for (let answer = ''; !answer.endsWith(version); ) {
      connection.write(GET)
      answer = await connection.read(/\d\.0\.0$/)
      assert.match(answer, /Connection: keep-alive/)
    }
  }
  await answeredBy('1.0.0')
  const upgrade = app.command('upgrade', second)
  await answeredBy('2.0.0')
  await app.rollback()
  await answeredBy('1.0.0')
  assert.notEqual((await upgrade).code, 0)
  connection.close()
})

async function untilConnections(app: RunningApp, count: number): Promise<void> {
  await until(async () => {
    const [peer] = (await app.status()).peers
    return peer?.state === 'serving' && peer.load?.connections === count
  })
}
