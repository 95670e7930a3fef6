import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { trackConnections } from '../../src/peer/connections.ts'
import { openProbing } from '../../src/peer/health/main.ts'
import type { HealthRequest } from '../../src/rpc/health-contracts.ts'
import type { PeerLoad } from '../../src/rpc/load.ts'
import type { InheritedEndpoint } from '../../src/rpc/protocol.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { tempDir } from '../support/pack-app.ts'

const certificate = selfSignedCertificate()

type Listener = (
  request: http.IncomingMessage | http2.Http2ServerRequest,
  response: http.ServerResponse,
) => void

const SERVERS: Record<string, (listener: Listener) => net.Server> = {
  http: listener => http.createServer(listener),
  https: listener => https.createServer(certificate, listener),
  'http2 without TLS': listener => http2.createServer(listener as never),
  'http2 with TLS': listener => http2.createSecureServer(certificate, listener as never),
  'http2 with TLS, and HTTP/1.1 beside it': listener =>
    http2.createSecureServer({ ...certificate, allowHTTP1: true }, listener as never),
}

/** A server that never listens, as one that is held back, and what asks it. */
function probing(t: TestContext, server: net.Server, path = join(tempDir(t), 'probe')) {
  const endpoint: InheritedEndpoint = { kind: 'tcp', fd: -1, host: '::', port: 3000, family: 'IPv6' }
  const ask = openProbing({
    endpoints: [endpoint],
    servers: new Map([[endpoint, server]]),
    path,
    dir: import.meta.dirname,
    ownCheck: () => undefined,
  })
  return (request: HealthRequest) => ask({ kind: 'request', request, timeoutMs: 5_000 })
}

for (const [name, create] of Object.entries(SERVERS)) {
  test(`${name}: a server is asked that listens nowhere; it sees an address, and nobody counts the connection`, async t => {
    const connections = trackConnections()
    const opened: string[] = []
    connections.subscribe({
      opened: ({ kind }) => opened.push(kind),
      closed: () => undefined,
      request: () => opened.push('request'),
    } as Parameters<typeof connections.subscribe>[0])
    const loads: PeerLoad[] = []
    const server = create((request, response) => {
      loads.push(connections.load())
      const { remoteAddress, localPort } = request.socket
      const host = request.headers.host ?? (request as http2.Http2ServerRequest).authority
      response.end(JSON.stringify([request.method, host, remoteAddress, localPort]))
    })
    connections.watch(server)
    const ask = probing(t, server)
    const text = JSON.stringify(['POST', 'localhost:3000', '127.0.0.1', 3000])
    assert.deepEqual(await ask({ path: '/', method: 'POST', body: 'x', text }), { ok: true })
    assert.deepEqual(await ask({ path: '/', headers: { Host: 'example.com' }, text: '"example.com"' }), {
      ok: true,
    })
    assert.deepEqual(
      loads.map(({ connections, inFlight }) => [connections, inFlight]),
      [
        [0, 0],
        [0, 0],
      ],
    )
    assert.deepEqual(opened, [])
  })
}

test('a state folder with a path that is too long for a socket is no obstacle', async t => {
  const server = http.createServer((_request, response) => response.end())
  const ask = probing(t, server, join(tempDir(t), 'x'.repeat(200)))
  assert.deepEqual(await ask({ path: '/' }), { ok: true })
})

test('what a killed process has left in its place is no obstacle', async t => {
  const server = http.createServer((_request, response) => response.end())
  const path = join(tempDir(t), 'probe')
  const left = net.createServer().listen(path)
  t.after(() => left.close())
  await new Promise(resolve => left.once('listening', resolve))
  assert.deepEqual(await probing(t, server, path)({ path: '/' }), { ok: true })
})

test('several questions at once are asked one after the other', async t => {
  let open = 0
  const most: number[] = []
  const server = http.createServer((_request, response) => {
    open += 1
    most.push(open)
    setImmediate(() => {
      open -= 1
      response.end()
    })
  })
  const ask = probing(t, server)
  const results = await Promise.all(Array.from({ length: 5 }, () => ask({ path: '/' })))
  assert.deepEqual(results, Array(5).fill({ ok: true }))
  assert.deepEqual(most, Array(5).fill(1))
})

test('a redirect, another status than the wanted, and a path that is none', async t => {
  const server = http.createServer((_request, response) =>
    response.writeHead(307, { location: '/login' }).end(),
  )
  const ask = probing(t, server)
  assert.deepEqual(await ask({ path: '/', status: [200, 307] }), { ok: true })
  assert.deepEqual(await ask({ path: '/', status: [200, 204] }), {
    ok: false,
    reason:
      'was answered with 307 Temporary Redirect to /login (no redirect is followed), not with 200 or 204',
  })
  const impossible = await ask({ path: '/☃' })
  assert.match(impossible.ok ? '' : impossible.reason, /was not answered: .*unescaped characters/)
})

test('where nothing can be listened on, that is the reason, and no more than that try', async t => {
  const server = http.createServer((_request, response) => response.end())
  const folder = tempDir(t)
  const ask = probing(t, server, join(folder, 'later', 'probe'))
  const impossible = await ask({ path: '/' })
  assert.match(impossible.ok ? '' : impossible.reason, /^cannot be sent: .*later\/probe/)
  mkdirSync(join(folder, 'later'))
  assert.deepEqual(await ask({ path: '/' }), { ok: true })
})
