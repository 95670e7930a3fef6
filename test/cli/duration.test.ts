import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDuration, parseDurationOrInfinity } from '../../src/cli/duration.ts'

for (const [text, ms] of [
  ['0', 0],
  ['1500', 1_500],
  ['500ms', 500],
  ['5s', 5_000],
  ['1.5s', 1_500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['596h', 2_145_600_000],
] as const)
  test(`${text} is ${ms} ms`, () => assert.equal(parseDuration('--ready-timeout', text), ms))

for (const text of ['', 'soon', '5 s', '-5s', '5d', '5S', '1e3', '.5s', '5.s', 'Infinity', 'NaN', '5sm'])
  test(`${JSON.stringify(text)} is no duration`, () => {
    assert.throws(() => parseDuration('--ready-timeout', text), {
      code: 'invalid_option',
      message: /^--ready-timeout.*: a duration is a number with ms, s, m or h/,
    })
  })

test('what no timer can wait is refused: it would not wait at all', () => {
  for (const text of ['597h', '2147483648', '1000000000000h'])
    assert.throws(() => parseDuration('--shutdown-timeout', text), {
      message: /the longest duration is 596h/,
    })
  assert.equal(parseDuration('--shutdown-timeout', '2147483647'), 2_147_483_647)
})

test('infinity, where it is allowed', () => {
  for (const text of ['infinity', 'Infinity', 'INFINITY'])
    assert.equal(parseDurationOrInfinity('--shutdown-timeout', text), Number.POSITIVE_INFINITY)
  assert.equal(parseDurationOrInfinity('--shutdown-timeout', '5s'), 5_000)
})

for (const [ms, text] of [
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1_000, '1 s'],
  [3_240, '3.2 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h 0 min'],
  [90_000_000, '1 d 1 h'],
] as const)
  test(`${ms} ms is shown as ${text}`, () => assert.equal(formatDuration(ms), text))
