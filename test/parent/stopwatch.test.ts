import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStopwatch, type StepOutcome } from '../../src/parent/stopwatch.ts'

test('a step is announced, told to begin and to end, and added to its phase', async () => {
  const told: unknown[] = []
  const watch = createStopwatch(
    (phase, { kind }) => void told.push([phase, kind]),
    (phase, text) => void told.push([phase, text]),
  )
  assert.equal(await watch.step('boot', 'starting 1.0.0', async () => told.push('runs')), 3)
  assert.deepEqual(told, [['boot', 'starting 1.0.0'], ['boot', 'start'], 'runs', ['boot', 'end']])
  assert.deepEqual(Object.keys(watch.phases()), ['boot'])
  assert.ok(Number.isInteger(watch.phases().boot))
})

test('a step that fails is told with its error, which is thrown on, and its time counts', async () => {
  const told: StepOutcome[] = []
  const watch = createStopwatch((_phase, outcome) => void told.push(outcome))
  const error = new Error('no')
  await assert.rejects(
    watch.step('cutover', '', () => Promise.reject(error)),
    error,
  )
  const [start, end] = told
  assert.deepEqual(start, { kind: 'start' })
  assert.ok(end?.kind === 'error' && end.error === error && end.durationMs >= 0)
  assert.deepEqual(Object.keys(watch.phases()), ['cutover'])
})
