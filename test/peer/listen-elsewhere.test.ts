import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { freePort } from '../support/beam.ts'
import { newConnections } from '../support/load.ts'
import { linesOf, startPlain } from '../support/plain.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

test('a port that was not declared is shared by both generations, with a warning; listen(0) is as ever', async t => {
  const [port, extra] = [await freePort(), await freePort()]
  const env = { PORT: String(port), EXTRA_PORT: String(extra) }
  const plain = startPlain(t, 'listen-elsewhere', { version: '1.0.0', env })
  await plain.until(() => linesOf(plain.output(), 'seen').length === 4)
  const expected = linesOf(plain.output(), 'seen')
  plain.kill('SIGTERM')
  await plain.ended

  const app = await swapUnderLoad(t, 'listen-elsewhere', {
    port,
    env,
    kinds: [newConnections],
    swaps: 1,
    afterSwap: async () => {
      await until(async () => (await newConnections(extra).request()) === '2.0.0')
    },
  })
  assert.deepEqual(
    linesOf(app.output(), 'seen'),
    expected.flatMap(line => [line, line]),
  )
  const warnings = app.output().match(/BeamDeployWarning: .*/g) ?? []
  assert.equal(warnings.length, 2, app.output())
  for (const warning of warnings) assert.match(warning, new RegExp(`port ${extra} .*--port ${extra}$`))
})
