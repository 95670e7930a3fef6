import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { freePort } from '../support/beam.ts'
import { keepAlive, newConnections } from '../support/load.ts'
import { linesOf, startPlain } from '../support/plain.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

test('a SIGTERM handler closes servers as ever: no error, one close event, and the process ends by itself', async t => {
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()]
  const [port = 0, ...others] = ports
  const env = { PORTS: ports.join(',') }

  const plain = startPlain(t, 'close-at-stop', { version: '1.0.0', env })
  await plain.until(() => plain.output().match(/listens/g)?.length === ports.length)
  plain.kill('SIGTERM')
  await plain.ended
  const expected = linesOf(plain.output(), '1.0.0')

  const app = await swapUnderLoad(t, 'close-at-stop', {
    port,
    env,
    args: others.flatMap(other => ['--port', String(other)]),
    kinds: [newConnections, keepAlive(5), ...others.map(other => () => newConnections(other))],
    clients: 2,
    swaps: 1,
  })
  await until(async () => (await app.status()).peers.length === 1)
  assert.deepEqual(linesOf(app.output(), '1.0.0'), expected)
})
