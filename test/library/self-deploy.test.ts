import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, untilGone } from '../parent/support.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

test('an application deploys itself under the command line: it hears of the cutover before it is ended', async t => {
  const next = await packRunner(t, '2.0.0')
  // Not from a request, whose connection would keep the peer: from a timer, when nothing is under way.
  const first = await packRunner(t, '1.0.0', {
    boot: `({ beam, note, kept }) => kept.set('deploy', () => setTimeout(async () => {
      const report = await beam.upgrade(${JSON.stringify(next)})
      note('deployed ' + report.release.version + ' in place of ' + (report.draining[0] === process.pid ? 'us' : 'another'))
    }, 1))`,
    stop: `({ note }) => note('stops')`,
  })
  const app = await startRunner(t, first)
  await app.value(`kept.get('deploy')()`)
  await app.untilNoted(/stops/)
  assert.deepEqual(app.notes(), ['1.0.0 deployed 2.0.0 in place of us', '1.0.0 stops'])
})

test('a deploy of itself that fails rejects where it was asked for, and the application serves on', async t => {
  const bad = await packRunner(t, '2.0.0', { boot: '() => { throw new Error("no") }' })
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const { error } = await app.run(`await beam.upgrade(${JSON.stringify(bad)})`)
  assert.equal(error?.code, 'peer_start_failed')
  assert.equal(await app.value('return version'), '1.0.0')
  await until(async () => (await app.status()).lastUpgrade?.outcome === 'failed')
})

test('a parent that dies under a deploy does not keep the peer that asked for it', async t => {
  const stuck = await packRunner(t, '2.0.0', { boot: '() => new Promise(() => setInterval(() => 1, 1000))' })
  const first = await packRunner(t, '1.0.0', {
    boot: `({ beam, note, kept }) => kept.set('deploy', () => void beam.upgrade(${JSON.stringify(stuck)})
      .catch(error => note('refused: ' + error.code)))`,
    stop: `({ note }) => note('stops')`,
  })
  const app = await startRunner(t, first, { args: ['--shutdown-timeout', 'infinity'] })
  const pid = await app.value(`kept.get('deploy')(); return process.pid`)
  await until(async () => (await app.status()).peers.some(({ state }) => state === 'booting'))
  process.kill(app.pid, 'SIGKILL')
  await untilGone(Number(pid))
  assert.deepEqual(app.notes(), ['1.0.0 refused: peer_gone', '1.0.0 stops'])
})
