import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failingUpgrade, until } from '../parent/support.ts'
import { layOutRunner, packRunner, startRunner, startRunnerProgram } from '../support/run-code.ts'
import { untilServing } from '../support/run-program.ts'

const NOTE = "const { appendFileSync } = await import('node:fs');"
const noting = (text: string) => `${NOTE} appendFileSync(process.env.NOTES, '${text}\\n')`

test('the function of start() decides, in the peer, with what the release that boots brings', async t => {
  const app = await startRunner(
    t,
    await packRunner(t, '1.0.0', { healthCheck: `async () => { ${noting('asked 1')} }` }),
  )
  assert.deepEqual(app.notes(), ['asked 1'])
  const cases: [version: string, healthCheck: string, says: RegExp][] = [
    [
      '2.0.0',
      "{ tries: 1, check: () => { throw new Error('no database') } }",
      /healthCheck .* threw no database/,
    ],
    ['3.0.0', '{ tries: 1, check: async () => false }', /returned false \(try 1 of 1\)/],
    [
      '4.0.0',
      '{ tries: 2, interval: 10, timeout: 50, check: () => new Promise(() => {}) }',
      /did not end within 50 ms \(try 2 of 2\)/,
    ],
    [
      '5.0.0',
      "{ path: '/x', requests: [{ path: '/', text: 'another' }], tries: 1 }",
      /GET \/ was answered .* without the text "another"/,
    ],
  ]
  for (const [version, healthCheck, says] of cases) {
    const error = await failingUpgrade(app, await layOutRunner(t, version, { healthCheck }))
    assert.equal(error.code, 'health_check_failed', error.message)
    assert.match(error.message, says)
  }
  const wrong = await failingUpgrade(app, await layOutRunner(t, '6.0.0', { healthCheck: '{ pth: 1 }' }))
  assert.equal(wrong.code, 'peer_start_failed')
  assert.match(wrong.message, /start\(\): the option healthCheck must be .*there is no pth/)
  assert.equal((await app.status()).release?.version, '1.0.0')
})

test('a function that does not end is left behind, and the next try has its own', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const healthCheck = `{
    path: '/', interval: 10, timeout: 200,
    check: () => { globalThis.tries = (globalThis.tries ?? 0) + 1; if (globalThis.tries < 3) return new Promise(() => {}) }
  }`
  const { release } = await app.upgrade(await layOutRunner(t, '2.0.0', { healthCheck }))
  assert.equal(release.version, '2.0.0')
  assert.equal(await app.value('return globalThis.tries'), 3)
})

test('the command line goes before start() and configuration, key by key', async t => {
  const healthCheck = "{ path: '/', tries: 1, check: () => false }"
  const app = await startRunner(t, await packRunner(t, '1.0.0'), {
    args: ['--health-tries', '3', '--health-interval', '1ms'],
  })
  const error = await failingUpgrade(app, await layOutRunner(t, '2.0.0', { healthCheck }))
  assert.match(error.message, /returned false \(try 3 of 3\)/)
})

test('a program that is its own parent: its first peers are checked, and start() rejects where they are not well', async t => {
  const program = await startRunnerProgram(t, '1.0.0', {
    healthCheck: `{ path: '/', warmUp: ['/'], check: async () => { ${noting('asked')} } }`,
  })
  await untilServing(program)
  assert.deepEqual(program.notes(), ['asked'])
  const unwell = await startRunnerProgram(t, '1.0.0', { healthCheck: '{ tries: 1, check: () => false }' })
  assert.notEqual((await unwell.ended).code, 0)
  await until(() => /health_check_failed/.test(unwell.output()))
})
