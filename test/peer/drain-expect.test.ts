import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type RunningApp, startApp } from '../support/beam.ts'
import { untilDraining } from '../support/draining.ts'
import { packApp } from '../support/pack-app.ts'
import { rawConnection } from '../support/raw-http.ts'

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const EXPECTING =
  'POST /upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'

// One application that leaves the answer to Node.js, and one that gives it itself.
const APPLICATIONS = ['drain-app', 'checks-continue']

test('a client that was told to continue before the peer was to end may send its body then', async t => {
  for (const fixture of APPLICATIONS) {
    const { app, end } = await prepare(t, fixture)
    const connection = await rawConnection(app.port)
    connection.write(EXPECTING)
    await connection.read(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    await end()
    connection.write('hello')
    assertLastAnswer(await connection.ended(), '200 OK')
  }
})

test('a client that asks whether to continue while a peer drains is answered by it', async t => {
  for (const fixture of APPLICATIONS) {
    const { app, end } = await prepare(t, fixture)
    const connection = await rawConnection(app.port)
    connection.write(GET)
    assert.match(await connection.read(/\r\n\r\n1\.0\.0$/), /Connection: keep-alive/)
    await end()
    connection.write(EXPECTING)
    await connection.read(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    connection.write('hello')
    assertLastAnswer(await connection.ended(), '200 OK')
  }
})

test('an expectation of another kind is for the application to answer, while draining too', async t => {
  const { app, end } = await prepare(t, 'checks-continue')
  const connection = await rawConnection(app.port)
  connection.write(GET)
  await connection.read(/\r\n\r\n1\.0\.0$/)
  await end()
  connection.write('GET / HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n')
  assertLastAnswer(await connection.ended(), '417 Expectation Failed')
})

/** With the word that the connection ends: nobody else goes on with it. */
function assertLastAnswer(text: string, status: string): void {
  const [head = ''] = text.split('\r\n\r\n')
  const [first, ...headers] = head.split('\r\n')
  assert.equal(first, `HTTP/1.1 ${status}`)
  assert.ok(headers.includes('Connection: close'), text)
  assert.ok(headers.includes('x-version: 1.0.0'), text)
}

async function prepare(t: TestContext, fixture: string): Promise<{ app: RunningApp; end(): Promise<void> }> {
  const app = await startApp(t, await packApp(t, fixture, { version: '1.0.0' }))
  return { app, end: () => untilDraining(app) }
}
