import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertNoLoss, lightLoad, until } from '../parent/support.ts'
import { keepAlive } from '../support/load.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

test('an application deploys itself under the command line: it hears of the cutover before it is ended', async t => {
  const next = await packRunner(t, '2.0.0')
  // Not from a request, whose connection would keep the peer: from a timer, when nothing else is under way.
  const first = await packRunner(t, '1.0.0', {
    boot: `({ beam, note, kept }) => kept.set('deploy', () => setTimeout(async () => {
      const report = await beam.upgrade(${JSON.stringify(next)})
      note('deployed ' + report.release.version + ', draining ' + (report.draining[0] === process.pid))
    }, 1))`,
    stop: `({ note }) => note('stops')`,
  })
  const app = await startRunner(t, first)
  const load = lightLoad(t, app.port, keepAlive(5))
  await load.answeredBy('1.0.0')
  await app.value(`kept.get('deploy')()`)
  await load.answeredBy('2.0.0')
  await app.untilNoted(/stops/)
  assert.deepEqual(app.notes(), ['1.0.0 deployed 2.0.0, draining true', '1.0.0 stops'])
  assertNoLoss(await load.stop())
})

test('a deploy of itself that fails rejects where it was asked for, and the application serves on', async t => {
  const bad = await packRunner(t, '2.0.0', { boot: '() => { throw new Error("no") }' })
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const { error } = await app.run(`await beam.upgrade(${JSON.stringify(bad)})`)
  assert.equal(error?.code, 'peer_start_failed')
  assert.equal(await app.value('return version'), '1.0.0')
  await until(async () => (await app.status()).lastUpgrade?.outcome === 'failed')
})
