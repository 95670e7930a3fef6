import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packHealth, startHealth } from '../parent/health-support.ts'
import { failingUpgrade } from '../parent/support.ts'
import { freePort, startApp } from '../support/beam.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const { key, cert } = selfSignedCertificate()
const TLS = { 'key.pem': key, 'cert.pem': cert }

/** Unmodified applications, whose first page is their version. */
const APPLICATIONS: Record<string, { fixture: string; files?: Record<string, string> }> = {
  Express: { fixture: 'express-app' },
  Fastify: { fixture: 'fastify-app' },
  Koa: { fixture: 'koa-app' },
  'Hono on node-server': { fixture: 'hono-app' },
  'NestJS on Express': { fixture: 'nest-app' },
  'node:https': { fixture: 'https-app', files: TLS },
  'node:http2 without TLS': { fixture: 'http2-app' },
  'node:http2 with TLS': { fixture: 'http2-secure-app', files: TLS },
}

for (const [name, { fixture, files = {} }] of Object.entries(APPLICATIONS)) {
  test(`${name}: unmodified, it is asked and warmed up before it is taken`, async t => {
    const pack = (version: string, text = version) => {
      const healthCheck = { requests: [{ path: '/', text }], tries: 1, warmUp: ['/'] }
      return packApp(t, fixture, { version, files, manifest: { beamDeploy: { healthCheck } } })
    }
    const app = await startApp(t, await pack('1.0.0'))
    assert.ok((await app.upgrade(await pack('2.0.0'))).phases.health)
    assert.doesNotMatch(app.output(), /warming up/)
    if (!fixture.startsWith('http')) return
    const error = await failingUpgrade(app, await pack('3.0.0', 'another'))
    assert.match(error.message, /GET \/ was answered with 200 OK and "3\.0\.0", without the text "another"/)
  })
}

/** Applications that cannot be asked by requests, and what is said of them. */
const REFUSED: Record<string, { fixture: string; says: RegExp }> = {
  'a protocol of its own': { fixture: 'line-app', says: /does not speak HTTP\. Check it with a function/ },
  'node:cluster': { fixture: 'cluster-app', says: /node:cluster workers serve \d+, .*--peers/ },
}

for (const [name, { fixture, says }] of Object.entries(REFUSED)) {
  test(`${name}: a request is refused at its first try, with what to do; a function does`, async t => {
    const check = "module.exports = () => console.log('checked ' + require('./package.json').version)"
    const pack = (version: string, healthCheck: unknown) =>
      packApp(t, fixture, {
        version,
        files: { 'check.cjs': check },
        manifest: { beamDeploy: { healthCheck } },
      })
    const app = await startApp(t, await pack('1.0.0', { module: './check.cjs' }))
    assert.match(app.output(), /checked 1\.0\.0/)
    const error = await failingUpgrade(app, await pack('2.0.0', '/'))
    assert.equal(error.code, 'health_check_failed')
    assert.match(error.message, /GET \/ cannot be sent: /)
    assert.match(error.message, says)
    assert.match(error.message, /\(try 1 of 5\)/)
    await app.upgrade(await pack('3.0.0', { module: './check.cjs' }))
    assert.match(app.output(), /checked 3\.0\.0/)
  })
}

test('a server on a Unix socket', async t => {
  const dir = tempDir(t)
  const paths = ['a', 'b', 'c'].map(name => join(dir, name))
  const env = { SOCKET_A: paths[0], SOCKET_B: paths[1], SOCKET_C: paths[2] }
  const args = paths.flatMap(path => ['--path', path])
  const pack = (version: string, text: string) => {
    const healthCheck = { requests: [{ path: '/', endpoint: paths[0], text }], tries: 1 }
    return packApp(t, 'unix-socket-app', { version, manifest: { beamDeploy: { healthCheck } } })
  }
  const app = await startApp(t, await pack('1.0.0', '1.0.0'), { env, args })
  const error = await failingUpgrade(app, await pack('2.0.0', 'x'))
  assert.match(
    error.message,
    new RegExp(`GET / on ${paths[0]} was answered with 200 OK and "2\\.0\\.0", without`),
  )
})

/** A second server, which says so. */
const second = `
import http from 'node:http'
export default (_request, response) => response.end('first')
http.createServer((_request, response) => response.end('second')).listen(process.env.SECOND)
`

async function startTwo(t: TestContext) {
  const [port, other] = [await freePort(), await freePort()]
  const files = { 'healthz.js': second }
  const pack = (version: string, ...requests: object[]) =>
    packHealth(t, version, { files, config: { healthCheck: { requests, tries: 1 } } })
  const app = await startHealth(t, await pack('1.0.0'), {
    port,
    args: ['--port', String(other)],
    env: { SECOND: String(other) },
  })
  return { app, other, pack }
}

test('with two endpoints the first is asked, or the one that the request names', async t => {
  const { app, other, pack } = await startTwo(t)
  const first = { path: '/healthz', text: 'first' }
  const onOther = { path: '/healthz', text: 'second', endpoint: String(other) }
  await app.upgrade(await pack('2.0.0', first, onOther, { ...onOther, endpoint: `127.0.0.1:${other}` }))
  const error = await failingUpgrade(app, await pack('3.0.0', first, { ...onOther, text: 'first' }))
  assert.match(error.message, new RegExp(`GET /healthz on ${other} was answered with 200 OK and "second"`))
  const unknown = await failingUpgrade(app, await pack('4.0.0', { path: '/', endpoint: '1' }))
  assert.match(unknown.message, /GET \/ on 1 cannot be sent: there is no endpoint 1, only \d+ and \d+/)
})

test('each of several peers has to pass; where one does not, none has got a public request', async t => {
  // What is the same for all peers of a generation but one: that the others hold the lock.
  const healthz = `
    try { mkdirSync(process.env.NOTES + '-' + version) } catch { response.statusCode = 500 }
    response.end()`
  const files = {
    'healthz.js': `
      import { mkdirSync, readFileSync } from 'node:fs'
      const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
      export default (_request, response) => {${healthz}}`,
  }
  const config = { healthCheck: { path: '/healthz', tries: 1 } }
  const app = await startHealth(t, await packHealth(t, '1.0.0'), { args: ['--peers', '2'] })
  const error = await failingUpgrade(app, await packHealth(t, '2.0.0', { files, config }))
  assert.equal(error.code, 'health_check_failed')
  assert.deepEqual(app.requests('2.0.0'), Array(2).fill('beam-deploy-health GET /healthz'))
  const { peers } = await app.status()
  assert.deepEqual(
    peers.map(({ release, state }) => [release.version, state]),
    Array(2).fill(['1.0.0', 'serving']),
  )
})
