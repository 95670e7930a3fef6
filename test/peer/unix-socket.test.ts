import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { freePort } from '../support/beam.ts'
import { unixSocket } from '../support/clients.ts'
import { newConnections, oneSocket } from '../support/load.ts'
import { tempDir } from '../support/pack-app.ts'
import { linesOf, startPlain } from '../support/plain.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

test('Unix sockets that are declared: upgraded under load, no request fails, and the files are gone at the end', async t => {
  const dir = tempDir(t)
  const port = await freePort()
  const paths = ['a', 'b', 'c'].map(name => join(dir, name))
  const [a = '', b = '', c = ''] = paths
  const env = { SOCKET_A: a, SOCKET_B: b, SOCKET_C: c }

  const plain = startPlain(t, 'unix-socket-app', { version: '1.0.0', env: { ...env, PORT: String(port) } })
  await plain.until(() => linesOf(plain.output(), 'seen').length === 4)
  await report(paths)
  await plain.until(() => linesOf(plain.output(), 'seen').length === 7)
  const expected = linesOf(plain.output(), 'seen')
  plain.kill('SIGKILL')
  await plain.ended

  // What the killed process left behind does not stand in the way.
  assert.ok(existsSync(a))
  const app = await swapUnderLoad(t, 'unix-socket-app', {
    port,
    env,
    args: paths.flatMap(path => ['--path', path]),
    kinds: [newConnections, unixSocket(a), oneSocket(5, a), oneSocket(5), unixSocket(b), unixSocket(c)],
    clients: 2,
  })
  await report(paths)
  const seen = () => [...new Set(linesOf(app.output(), 'seen'))]
  await until(() => seen().length === 7)
  assert.deepEqual(seen(), expected)
  assert.ok(statSync(b).isSocket())
  await app.stop()
  for (const path of paths) assert.equal(existsSync(path), false)
})

async function report(paths: string[]): Promise<void> {
  for (const path of paths) {
    const client = unixSocket(path, '/report')(0)
    await client.request()
  }
}
