import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { until } from '../parent/support.ts'
import { freePort } from './beam.ts'
import { keepAlive, newConnections } from './load.ts'
import { linesOf, startPlain } from './plain.ts'
import { swapUnderLoad } from './swap-under-load.ts'

/**
 * Holds that a fixture prints in both generations what it prints under plain Node.js, in lines that begin with `seen`
 * and up to `seen end`, and that it is upgraded under load without a loss.
 */
export async function looksAsPlain(t: TestContext, fixture: string): Promise<void> {
  const port = await freePort()
  const plain = startPlain(t, fixture, { version: '1.0.0', env: { PORT: String(port) } })
  await plain.until(() => ended(plain.output()) === 1)
  const expected = linesOf(plain.output(), 'seen')
  plain.kill('SIGTERM')
  await plain.ended

  const kinds = [newConnections, keepAlive(5)]
  const app = await swapUnderLoad(t, fixture, { port, kinds, clients: 2, swaps: 1 })
  await until(() => ended(app.output()) === 2)
  assert.deepEqual(
    linesOf(app.output(), 'seen'),
    expected.flatMap(line => [line, line]),
  )
  assert.doesNotMatch(app.output(), /Warning/)
}

const ended = (output: string) => linesOf(output, 'seen').filter(line => line.startsWith('end')).length
