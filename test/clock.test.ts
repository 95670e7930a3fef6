import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pause } from '../src/clock.ts'

test('a pause ends when its time is over, and not before', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let ended = false
  const pausing = pause(1_000).then(() => {
    ended = true
  })
  t.mock.timers.tick(999)
  await Promise.resolve()
  assert.equal(ended, false)
  t.mock.timers.tick(1)
  await pausing
  assert.equal(ended, true)
})

test('a pause ends at once when it is aborted, before or during it', async () => {
  const stop = new AbortController()
  const pausing = pause(1e9, stop.signal)
  stop.abort()
  await pausing
  await pause(1e9, stop.signal)
})
