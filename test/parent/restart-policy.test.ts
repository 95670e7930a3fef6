import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRestarts, RESTART_POLICY } from '../../src/parent/restart-policy.ts'

const POLICY = { limit: 3, windowMs: 1_000, baseDelayMs: 100 }

test('the first restart comes at once, each further one after twice the time, until there were too many', () => {
  const decide = createRestarts(POLICY)
  assert.deepEqual(
    [0, 10, 20, 30].map(now => decide(now)),
    [
      { restart: true, attempt: 1, delayMs: 0 },
      { restart: true, attempt: 2, delayMs: 100 },
      { restart: true, attempt: 3, delayMs: 200 },
      { restart: false },
    ],
  )
})

test('what lies longer ago than the window does not count', () => {
  const decide = createRestarts(POLICY)
  for (const now of [0, 400, 800]) assert.ok(decide(now).restart)
  assert.deepEqual(decide(1_000), { restart: true, attempt: 3, delayMs: 200 })
  assert.deepEqual(decide(1_001), { restart: false })
  assert.deepEqual(decide(10_000), { restart: true, attempt: 1, delayMs: 0 })
})

test('a crash once in a while is restarted for ever', () => {
  const decide = createRestarts(RESTART_POLICY)
  for (let crash = 0; crash < 1_000; crash += 1)
    assert.ok(decide((crash * RESTART_POLICY.windowMs) / (RESTART_POLICY.limit - 1)).restart)
})

test('the policy is five restarts in a minute, spent within two seconds at the earliest', () => {
  assert.deepEqual([RESTART_POLICY.limit, RESTART_POLICY.windowMs], [5, 60_000])
  const decide = createRestarts(RESTART_POLICY)
  let delays = 0
  for (let crash = 0; crash < RESTART_POLICY.limit; crash += 1) {
    const decision = decide(delays)
    assert.ok(decision.restart)
    delays += decision.delayMs
  }
  assert.equal(delays, 1_500)
  assert.deepEqual(decide(delays), { restart: false })
})
