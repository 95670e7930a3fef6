import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lightLoad, until } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

test('a release whose start() has not resolved is not ready, though it listens', async t => {
  const go = join(tempDir(t), 'go')
  writeFileSync(`${go}-1.0.0`, '')
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, 'library-late-start', { version })),
  )
  const app = await startApp(t, first ?? null, { env: { GO: go } })
  const load = lightLoad(t, app.port)
  const upgrade = app.upgrade(second ?? '')
  await until(() => app.output().includes('2.0.0 listens'))
  await load.answeredBy('1.0.0')
  const { upgrading, peers } = await app.status()
  assert.equal(upgrading, true)
  assert.deepEqual(
    peers.map(({ release, state }) => [release.version, state]),
    [
      ['1.0.0', 'serving'],
      ['2.0.0', 'booting'],
    ],
  )
  writeFileSync(`${go}-2.0.0`, '')
  await upgrade
  await load.answeredBy('2.0.0')
  assert.deepEqual((await load.stop()).failures, [])
})
