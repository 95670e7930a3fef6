import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../parent/support.ts'
import { type Behaviour, packRunner, startRunner } from '../support/run-code.ts'

const TELLS = `(result, { note }) => note('after ' + JSON.stringify(result ?? null))`

/** A release that does what is given, and one after it that tells what it took over. */
async function swap(t: TestContext, behaviour: Behaviour, args: string[] = []) {
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', behaviour),
    packRunner(t, '2.0.0', { afterCutover: TELLS }),
  ])
  const app = await startRunner(t, first, { args })
  await app.upgrade(second)
  return { app, after: await app.untilNoted(/^2.0.0 after/) }
}

test('beforeCutover runs when all of the application has stopped, afterCutover when its process is gone', async t => {
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      stop: `async ({ note }) => {
        note('stops')
        await new Promise(setImmediate)
        note('has stopped')
      }`,
      beforeCutover: `async (incoming, { note }) => {
        note('before ' + incoming.id + ' ' + incoming.release.version)
        return { pid: process.pid, at: new Date(5) }
      }`,
    }),
    packRunner(t, '2.0.0', {
      afterCutover: `async ({ pid, at }, { beam, note }) => {
        let gone = false
        try { process.kill(pid, 0) } catch { gone = true }
        note('after ' + [at.getTime(), gone, await beam.outgoingPeer()])
      }`,
    }),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  await app.untilNoted(/after/)
  assert.deepEqual(app.notes(), [
    '1.0.0 stops',
    '1.0.0 has stopped',
    '1.0.0 before 2.0 2.0.0',
    '2.0.0 after 5,true,',
  ])
})

test('with several peers each hands over to the one of its slot', async t => {
  const behaviour = {
    beforeCutover: `incoming => ({ from: process.pid, to: incoming.pid })`,
    afterCutover: `(result, { note }) => note('after ' + JSON.stringify([result, process.pid]))`,
  }
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packRunner(t, version, behaviour)),
  )
  const app = await startRunner(t, first ?? '', { args: ['--peers', '2'] })
  const { draining } = await app.upgrade(second ?? '')
  await until(() => app.notes().length === 2)
  const results = app.notes().map(line => JSON.parse(line.slice('2.0.0 after '.length)))
  assert.deepEqual(results.map(([{ from }]) => from).sort(), draining.sort())
  for (const [{ to }, pid] of results) assert.equal(to, pid)
  const pids = (await app.status()).peers.map(peer => peer.pid)
  assert.deepEqual(results.map(([, pid]) => pid).sort(), pids.sort())
})

test('a SIGTERM handler that calls process.exit(), and one that leaves nothing open, are waited for', async t => {
  for (const end of ['process.exit(0)', '']) {
    const { app, after } = await swap(t, {
      signals: `({ note }) => {
        process.on('SIGTERM', () => {
          note('SIGTERM')
          ${end}
        })
        process.on('exit', () => note('exit'))
      }`,
      beforeCutover: `async (_, { note }) => {
        note('before')
        await new Promise(resolve => setTimeout(resolve, 5))
        return 'kept'
      }`,
    })
    assert.equal(after, '2.0.0 after "kept"', end)
    assert.deepEqual(app.notes().slice(0, 3), ['1.0.0 SIGTERM', '1.0.0 before', '1.0.0 exit'], end)
  }
})

for (const [name, beforeCutover, logged] of [
  ['throws', `() => { throw new Error('it hurts') }`, /beforeCutover in peer 1\.0 failed: it hurts/],
  [
    'returns what cannot be cloned',
    `() => () => 1`,
    /what beforeCutover returned: the value cannot be cloned/,
  ],
  ['ends the process', `() => process.kill(process.pid, 'SIGKILL')`, /./],
] as const)
  test(`a beforeCutover that ${name} gives undefined, and the swap stays`, async t => {
    const { app, after } = await swap(t, { beforeCutover })
    assert.equal(after, '2.0.0 after null')
    await until(() => logged.test(app.output()))
    assert.equal((await app.status()).release?.version, '2.0.0')
  })

test('a beforeCutover that never ends is killed at the shutdown timeout', async t => {
  const { after } = await swap(t, { beforeCutover: '() => new Promise(() => setInterval(() => 1, 1000))' }, [
    '--shutdown-timeout',
    '500ms',
  ])
  assert.equal(after, '2.0.0 after null')
})

test('an outgoing peer that crashed before leaves nothing, and afterCutover runs all the same', async t => {
  const { after } = await swap(t, {
    stop: '() => process.kill(process.pid, "SIGKILL")',
    beforeCutover: '() => 1',
  })
  assert.equal(after, '2.0.0 after null')
})

test('a stop that throws does not keep beforeCutover from running', async t => {
  const { app, after } = await swap(t, {
    stop: '() => { throw new Error("no way") }',
    beforeCutover: '() => "kept"',
  })
  assert.equal(after, '2.0.0 after "kept"')
  assert.match(app.output(), /no way/)
})

test('an afterCutover that throws is logged; one that ends its peer does so once', async t => {
  const [first, second, third] = await Promise.all([
    packRunner(t, '1.0.0', { beforeCutover: '() => 1' }),
    packRunner(t, '2.0.0', { afterCutover: '() => { throw new Error("it hurts") }' }),
    packRunner(t, '3.0.0', {
      boot: `({ note }) => note('boots')`,
      afterCutover: 'async () => process.kill(process.pid, "SIGKILL")',
    }),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  await until(() => /afterCutover in peer 2\.0 failed: it hurts/.test(app.output()))
  assert.equal(await app.value('return version'), '2.0.0')
  await app.upgrade(third)
  await until(() => /afterCutover in peer 3\.0 failed: peer 3\.0 has ended/.test(app.output()))
  await until(async () => (await app.status()).history.some(({ action }) => action === 'restart'))
  assert.deepEqual(app.notes(), ['3.0.0 boots', '3.0.0 boots'])
})

test('neither is called at a stop, nor by an upgrade that fails', async t => {
  const bad = await packRunner(t, '2.0.0', { boot: '() => { throw new Error("no") }' })
  const good = await packRunner(t, '1.0.0', {
    stop: `({ note }) => note('stops')`,
    beforeCutover: `(_, { note }) => note('before')`,
    afterCutover: TELLS,
  })
  const app = await startRunner(t, good)
  assert.equal((await app.command('upgrade', bad)).code, 1)
  await app.stop()
  assert.deepEqual(app.notes(), ['1.0.0 stops'])
})

test('a slow predecessor hands over to the one that serves when it ends', async t => {
  const [first, second, third] = await Promise.all([
    packRunner(t, '1.0.0', {
      stop: `async () => {
        const { existsSync } = await import('node:fs')
        while (!existsSync(process.env.NOTES + '.go')) await new Promise(resolve => setTimeout(resolve, 10))
      }`,
      beforeCutover: `incoming => 'from 1 by ' + incoming.id`,
    }),
    packRunner(t, '2.0.0', { beforeCutover: '() => "from 2"', afterCutover: TELLS }),
    packRunner(t, '3.0.0', { afterCutover: TELLS }),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  await app.upgrade(third)
  await app.untilNoted(/3.0.0 after "from 2"/)
  await app.value(`(await import('node:fs')).writeFileSync(process.env.NOTES + '.go', '')`)
  await app.untilNoted(/3.0.0 after "from 1 by 3.0"/)
  assert.equal(app.notes().length, 2)
})
