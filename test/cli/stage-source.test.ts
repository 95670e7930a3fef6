import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pack } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

test('what a start that was killed had unpacked is removed by the next, and not what a living one unpacks', async t => {
  const stateRoot = tempDir(t)
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  for (const pid of [dead, process.pid])
    mkdirSync(join(stateRoot, `.start-${pid}`, 'release'), { recursive: true })
  await startApp(t, await pack(t, '1.0.0'), { stateRoot })
  assert.deepEqual(readdirSync(stateRoot).sort(), [`.start-${process.pid}`, 'tells-about-itself'])
})
