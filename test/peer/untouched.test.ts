import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { freePort, startApp } from '../support/beam.ts'
import { layOutApp, packApp } from '../support/pack-app.ts'

type Report = Record<'application' | 'forked' | 'spawned' | 'thread', Record<string, unknown>>

test('an application, its threads and its child processes see what they see under plain node', async t => {
  const plain = await underNode(t)
  const app = await startApp(t, await packApp(t, 'untouched-app', { version: '1.0.0' }))
  const first = await report(app.port)
  // Now in a process that was started before there was a release.
  await app.upgrade(await packApp(t, 'untouched-app', { version: '2.0.0' }))
  const second = await report(app.port)

  for (const peer of [first, second]) {
    // In the peer itself listening is held back, by the preload and what it leaves for the library.
    const { listenIsNative, global, messageListeners, ...seen } = peer.application
    assert.deepEqual(
      { listenIsNative, global, messageListeners },
      { listenIsNative: false, global: true, messageListeners: 1 },
    )
    const { listenIsNative: _, global: __, messageListeners: ___, ...expected } = plain.application
    assert.deepEqual(seen, expected)
    assert.deepEqual(peer.forked, plain.forked)
    assert.deepEqual(peer.spawned, plain.spawned)
    assert.deepEqual(peer.thread, plain.thread)
  }
  assert.equal(plain.forked.listenIsNative, true)
})

async function underNode(t: TestContext): Promise<Report> {
  const port = await freePort()
  const dir = layOutApp(t, 'untouched-app', { version: '1.0.0' })
  const child = spawn(process.execPath, ['server.js'], {
    cwd: dir,
    env: { ...process.env, PORT: String(port) },
    stdio: 'inherit',
  })
  t.after(() => child.kill())
  for (;;) {
    const result = await report(port).catch(() => null)
    if (result) return result
  }
}

async function report(port: number): Promise<Report> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  return (await response.json()) as Report
}
