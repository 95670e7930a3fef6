import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get } from '../parent/support.ts'
import { freePort } from '../support/beam.ts'
import { keepAlive, newConnections } from '../support/load.ts'
import { startPlain } from '../support/plain.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

test('threads and processes that the application starts are as without BeamDeploy', async t => {
  const port = await freePort()
  const plain = startPlain(t, 'starts-children', { version: '1.0.0', env: { PORT: String(port) } })
  const expected = JSON.parse(await plain.until(() => get(port, '/report').catch(() => null)))
  plain.kill('SIGTERM')
  await plain.ended
  assert.equal(expected.fork.echo, 'echo this')

  const app = await swapUnderLoad(t, 'starts-children', {
    port,
    kinds: [newConnections, keepAlive(5)],
    clients: 2,
    afterSwap: async () => assert.deepEqual(JSON.parse(await get(port, '/report')), expected),
  })
  assert.doesNotMatch(app.output(), /Warning/)
})
