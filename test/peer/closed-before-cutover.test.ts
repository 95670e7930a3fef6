import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertNoLoss, failingUpgrade, lightLoad } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

test('a release that closes its server before the cutover does not take over', async t => {
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'closes-before-cutover', { version })),
  )
  const env = { NOTES: tempDir(t) }
  const app = await startApp(t, first ?? null, { args: ['--peers', '2'], env })
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const { code, message } = await failingUpgrade(app, second ?? '')
  assert.equal(code, 'peer_start_failed')
  assert.match(message, /closed/)
  await load.answeredBy('1.0.0')
  assertNoLoss(await load.stop())
  const { release, peers } = await app.status()
  assert.equal(release?.version, '1.0.0')
  assert.equal(peers.length, 2)
})
