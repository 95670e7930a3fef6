import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempDir } from '../support/pack-app.ts'
import { SEEN } from './seen-cases.ts'
import { SEEN_MODULES } from './seen-modules.ts'

const LOADER = fileURLToPath(new URL('../../dist/hot-loading.js', import.meta.url))

/** Not that of the tests which run here. */
const { NODE_TEST_CONTEXT: _, ...env } = process.env

for (const [what, { files, entry = 'app.js', execArgv = [], type = 'module' }] of Object.entries({
  ...SEEN,
  ...SEEN_MODULES,
})) {
  test(`a program sees the same with hot loading: ${what}`, t => {
    const dir = tempDir(t)
    const all = { 'package.json': JSON.stringify({ name: 'seen', version: '1.0.0', type }), ...files }
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    }
    const run = (...options: string[]) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [...options, ...execArgv, join(dir, entry)],
        {
          cwd: dir,
          env,
          encoding: 'utf8',
        },
      )
      return {
        status,
        stdout: stdout.replace(/duration_ms:? .*/g, ''),
        stderr: stderr.replace(/\(node:\d+\)/g, '(node)'),
      }
    }
    const plain = run('--import', 'data:text/javascript,')
    assert.notEqual(plain.stdout, '', plain.stderr)
    assert.deepEqual(run('--import', LOADER), plain)
  })
}
