import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packRunner, startRunner } from '../support/run-code.ts'

const STOPS = `({ note }) => note('stops')`

test('the drain waits for what onDrain began, and the application stops after it', async t => {
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      stop: STOPS,
      boot: `({ beam, note }) => {
        beam.onDrain(async ({ signal, timeLimit }) => {
          const { release } = await beam.activePeer()
          note('drains ' + [release.version, signal.aborted, timeLimit])
        })
        beam.onDrain(() => { throw new Error('cannot drain') })
      }`,
    }),
    packRunner(t, '2.0.0'),
  ])
  const app = await startRunner(t, first, { args: ['--shutdown-timeout', '20s'] })
  await app.upgrade(second)
  await app.untilNoted(/stops/)
  assert.deepEqual(app.notes(), ['1.0.0 drains 2.0.0,false,18000', '1.0.0 stops'])
  assert.match(app.output(), /a handler of onDrain failed: cannot drain/)
})

test('a handler of onDrain that does not end is told when its time is over', async t => {
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      stop: STOPS,
      boot: `({ beam, note }) => {
        beam.onDrain(({ signal }) => new Promise(() => signal.addEventListener('abort', () => note('is told'))))
      }`,
    }),
    packRunner(t, '2.0.0'),
  ])
  const app = await startRunner(t, first, { args: ['--shutdown-timeout', '1s'] })
  await app.upgrade(second)
  await app.untilNoted(/stops/)
  assert.deepEqual(app.notes(), ['1.0.0 is told', '1.0.0 stops'])
})

test('onDrain is not called where nobody takes over', async t => {
  const archive = await packRunner(t, '1.0.0', {
    stop: STOPS,
    boot: `({ beam, note }) => beam.onDrain(() => note('drains'))`,
  })
  const app = await startRunner(t, archive)
  await app.stop()
  assert.deepEqual(app.notes(), ['1.0.0 stops'])
})
