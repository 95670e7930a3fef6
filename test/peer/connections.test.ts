import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { http2Sessions, secureKeepAlive } from '../support/clients.ts'
import { type ClientKind, keepAlive } from '../support/load.ts'
import { packApp } from '../support/pack-app.ts'

const { key, cert } = selfSignedCertificate()

const CLIENTS: [string, string, ClientKind][] = [
  ['HTTP/1.1', 'http-app', keepAlive(0)],
  ['HTTP/1.1 over TLS', 'https-app', secureKeepAlive(cert, 0)],
  ['HTTP/2', 'http2-app', http2Sessions(0)],
  ['HTTP/2 over TLS', 'http2-secure-app', http2Sessions(0, cert)],
  ['HTTP/1.1 over TLS of an HTTP/2 server', 'http2-secure-app', secureKeepAlive(cert, 0)],
]

for (const [what, fixture, kind] of CLIENTS) {
  test(`a connection of ${what} is counted once, as long as it is open`, async t => {
    const files = { 'key.pem': key, 'cert.pem': cert }
    const app = await startApp(t, await packApp(t, fixture, { version: '1.0.0', files }))
    const [one, other] = [kind(app.port), kind(app.port)]
    await one.request()
    await one.request()
    assert.equal(await connections(app), 1)
    await other.request()
    assert.equal(await connections(app), 2)
    one.close()
    other.close()
    await until(async () => (await connections(app)) === 0)
  })
}

async function connections(app: RunningApp): Promise<number> {
  const [peer] = (await app.status()).peers
  assert.equal(peer?.state, 'serving')
  return peer.load?.connections ?? -1
}
