import assert from 'node:assert/strict'
import { test } from 'node:test'
import { observeStartup } from '../../src/hot/runtime/startup.ts'

test('a statement that is evaluated again is the one that it was, also in a module that did not come to its end', t => {
  const startup = observeStartup()
  t.after(startup.end)
  for (const again of [false, true, true]) {
    startup.unit('file:///bad.js', 0, false, again)
    startup.calmUnit('file:///bad.js', 1, again)
    startup.left('file:///bad.js')
  }
  assert.equal(startup.runCount(), 2)
  assert.deepEqual(
    startup.runs().map(({ index }) => index),
    [0, 1],
  )
})
