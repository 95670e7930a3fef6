import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { beam, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  about,
  assertNoLoss,
  boots,
  holdRequest,
  isAlive,
  lightLoad,
  pack,
  until,
  untilGone,
} from './support.ts'

test('four upgrades in a row with a long request open in each: none waits, and the oldest is ended with a warning', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const load = lightLoad(t, app.port)
  const held: Awaited<ReturnType<typeof holdRequest>>[] = []
  const pids: number[] = []
  for (let version = 2; version <= 5; version += 1) {
    pids.push((await about(app.port)).pid)
    held.push(await holdRequest(t, app))
    const { phases } = await app.upgrade(await pack(t, `${version}.0.0`))
    assert.equal(phases.drain, undefined)
    await load.answeredBy(`${version}.0.0`)
  }
  const [oldest, ...others] = held
  await assert.rejects(oldest?.bodies ?? Promise.resolve(), /socket hang up|ECONNRESET/)
  await untilGone(pids[0] ?? 0)

  // The others were not touched.
  for (const pid of pids.slice(1)) assert.ok(isAlive(pid))
  const { peers } = await app.status()
  assert.deepEqual(
    peers.map(({ generation, state }) => [generation, state]),
    [
      [2, 'draining'],
      [3, 'draining'],
      [4, 'draining'],
      [5, 'serving'],
    ],
  )
  const warning = /generation 1 \(1\.0\.0\) is ended before it has drained, since 3 may drain at once/
  await until(() => warning.test(app.output()))
  assert.match(app.output(), /it still had peer 1\.0: 1 request in flight \(GET \/once\S+ for \d+ s\)/)
  assert.doesNotMatch(app.output(), /generation [234] \(.*\) is ended before/)
  for (const [index, one] of others.entries()) assert.deepEqual(await one.answer(), [`${index + 2}.0.0`])
  await until(async () => (await app.status()).peers.length === 1)
  assertNoLoss(await load.stop())
})

test('with --max-draining 1 each drain ends the one before; the end of the parent ends none', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--max-draining', '1'] })
  const first = await holdRequest(t, app)
  await app.upgrade(await pack(t, '2.0.0'))
  const second = await holdRequest(t, app)
  await app.upgrade(await pack(t, '3.0.0'))
  await assert.rejects(first.bodies)
  const third = await holdRequest(t, app)
  const stopped = app.stop()
  await until(async () => (await app.status()).state === 'stopping')
  assert.deepEqual(await second.answer(), ['2.0.0'])
  assert.deepEqual(await third.answer(), ['3.0.0'])
  await stopped
})

test('status says how far a drain has come: for clients, and for the application’s own stop', async t => {
  const go = join(tempDir(t), 'go')
  const stopsLate = boots(`
import { existsSync } from 'node:fs'
process.on('SIGTERM', () => {
  setInterval(() => existsSync(process.env.GO) && process.exit(0), 10)
})`)
  const app = await startApp(t, await pack(t, '1.0.0', stopsLate), { env: { GO: go } })
  const held = await holdRequest(t, app)
  await app.upgrade(await pack(t, '2.0.0'))
  const drains = async () => {
    const found = (await app.status()).peers.find(({ generation }) => generation === 1)
    return found?.state === 'draining' ? found : null
  }
  const first = await until(drains)
  assert.deepEqual([first.load?.stage, first.load?.inFlight], ['connections', 1])
  await held.answer()
  const stopping = await until(async () => {
    const found = await drains()
    return found?.load?.stage === 'stop' && found
  })
  assert.ok(Number(stopping.ageMs) >= Number(first.ageMs))
  const { stdout } = await beam(['status', '--state-dir', app.stateRoot])
  assert.match(stdout, /1\.0 .* draining for .*: .*its own stop runs; killed in .* at the latest/)
  writeFileSync(go, '')
  await until(async () => (await drains()) === null)
})
