import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorOf, get, until } from '../parent/support.ts'
import { beam, freePort, startApp } from '../support/beam.ts'
import { unixSocket, unixSocketKeepAlive } from '../support/clients.ts'
import { newConnections } from '../support/load.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

test('node:cluster on a Unix socket beside a port: no request fails', async t => {
  const path = join(tempDir(t), 'app.sock')
  await swapUnderLoad(t, 'cluster-unix-socket', {
    env: { SOCKET: path },
    args: ['--path', path],
    kinds: [newConnections, unixSocket(path), unixSocketKeepAlive(path, 5)],
    clients: 2,
  })
})

test('workers that accept for themselves are refused, with the reason', async t => {
  const archive = await packApp(t, 'cluster-unscheduled', { version: '1.0.0' })
  const port = String(await freePort())
  const refused = await beam(['start', archive, '--port', port, '--state-dir', tempDir(t), '--json'])
  const { code, message } = errorOf(refused)
  assert.equal(code, 'peer_start_failed')
  assert.match(message, /SCHED_NONE.*--peers/)
})

test('when the last worker has crashed the peer is restarted', async t => {
  const app = await startApp(t, await packApp(t, 'cluster-one-worker', { version: '1.0.0' }))
  const [before] = (await app.status()).peers
  await assert.rejects(get(app.port, '/crash'))
  await until(async () => {
    const [peer] = (await app.status()).peers
    return peer?.state === 'serving' && peer.pid !== before?.pid
  })
  assert.equal(await newConnections(app.port).request(), '1.0.0')
  assert.match(app.output(), /all node:cluster workers that served \S+ have ended/)
})
