import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { http2Sessions, secureConnections, secureKeepAlive, unixSocketKeepAlive } from '../support/clients.ts'
import {
  applyLoad,
  byteByByte,
  type ClientKind,
  keepAlive,
  newConnections,
  slowResponses,
} from '../support/load.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { assertNoLoss, errorOf, until } from './support.ts'

const { key, cert } = selfSignedCertificate()

interface Case {
  name: string
  fixture: string
  kinds: ClientKind[]
  args?: string[]
}

const CASES: Case[] = [
  {
    name: 'HTTP/1.1, two peers',
    fixture: 'express-app',
    kinds: [newConnections, keepAlive(0), keepAlive(20), byteByByte(3), slowResponses(300)],
    args: ['--peers', '2'],
  },
  { name: 'HTTPS', fixture: 'https-app', kinds: [secureConnections(cert), secureKeepAlive(cert, 5)] },
  { name: 'HTTP/2', fixture: 'http2-app', kinds: [http2Sessions(5)] },
  { name: 'HTTP/2 over TLS', fixture: 'http2-secure-app', kinds: [http2Sessions(5, cert)] },
]

for (const { name, fixture, kinds, args = [] } of CASES) {
  test(`to a new release and back, again and again, under load: no request fails (${name})`, async t => {
    const files = { 'key.pem': key, 'cert.pem': cert }
    const [first = '', second = ''] = await Promise.all(
      ['1.0.0', '2.0.0'].map(version => packApp(t, fixture, { version, files })),
    )
    const app = await startApp(t, first, { args })
    const loads = kinds.map(kind => applyLoad(app.port, kind, 3))
    t.after(() => Promise.all(loads.map(load => load.stop())))
    const answeredBy = (version: string) => Promise.all(loads.map(load => load.answeredBy(version)))
    await answeredBy('1.0.0')
    const pids = (await app.status()).peers.map(({ pid }) => pid)
    for (let round = 1; round <= 3; round += 1) {
      const upgrade = app.command('upgrade', second, '--bake', '60s', '--json')
      await until(async () => (await app.status()).peers.some(({ state }) => state === 'parked'))
      await answeredBy('2.0.0')
      const { durationMs } = await app.rollback()
      t.diagnostic(`back after ${durationMs} ms`)
      assert.equal(errorOf(await upgrade).code, 'rolled_back')
      await answeredBy('1.0.0')
    }
    await until(async () => (await app.status()).peers.length === pids.length)
    assert.deepEqual(
      (await app.status()).peers.map(({ pid }) => pid),
      pids,
    )
    for (const load of loads) assertNoLoss(await load.stop())
  })
}

test('the same over Unix sockets, whose files stay', async t => {
  const dir = tempDir(t)
  const [a, b, c] = ['a', 'b', 'c'].map(name => join(dir, name))
  const env = { SOCKET_A: String(a), SOCKET_B: String(b), SOCKET_C: String(c) }
  const archives = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'unix-socket-app', { version })),
  )
  const args = Object.values(env).flatMap(path => ['--path', path])
  const app = await startApp(t, archives[0] ?? '', { env, args })
  const loads = Object.values(env).map(path => applyLoad(app.port, unixSocketKeepAlive(path, 5), 2))
  t.after(() => Promise.all(loads.map(load => load.stop())))
  const answeredBy = (version: string) => Promise.all(loads.map(load => load.answeredBy(version)))
  await answeredBy('1.0.0')
  for (let round = 1; round <= 2; round += 1) {
    const upgrade = app.command('upgrade', archives[1] ?? '', '--bake', '60s', '--json')
    await answeredBy('2.0.0')
    await until(async () => (await app.status()).peers.some(({ state }) => state === 'parked'))
    await app.rollback()
    assert.equal(errorOf(await upgrade).code, 'rolled_back')
    await answeredBy('1.0.0')
  }
  for (const load of loads) assertNoLoss(await load.stop())
  // What the application sees of its own server is what it saw before.
  assert.doesNotMatch(app.output(), /seen .* false/)
})
