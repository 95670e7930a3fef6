import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startApp } from '../support/beam.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const LOADER = fileURLToPath(new URL('../../dist/hot-loading.js', import.meta.url))
const LIBRARY = new URL('../../dist/index.js', import.meta.url).href
const OPTION = '--disallow-code-generation-from-strings'
const WARNING =
  /\[hot_unavailable\] BeamDeployWarning: hot loading is off: .*--disallow-code-generation-from-strings/

test('where no code is generated from strings, a program runs without hot loading, and says so', t => {
  const dir = tempDir(t)
  const file = join(dir, 'app.js')
  writeFileSync(join(dir, 'package.json'), '{ "name": "app", "type": "module" }')
  writeFileSync(
    file,
    `
    import { hotUpgrade, planUpgrade } from '${LIBRARY}'
    const refused = await Promise.all([hotUpgrade, planUpgrade].map(ask => ask('.').catch(error => error)))
    const warning = new Promise(resolve => process.once('warning', ({ code, name, message }) => resolve({ code, name, message })))
    console.log(JSON.stringify({
      text: String(() => 1),
      refused: refused.map(({ code, message }) => ({ code, message })),
      warning: await warning,
    }))`,
  )
  const said = JSON.parse(
    execFileSync(process.execPath, ['--no-warnings', OPTION, '--import', LOADER, file], { encoding: 'utf8' }),
  ) as Said
  assert.equal(said.text, '() => 1')
  assert.deepEqual(
    [said.warning.name, said.warning.code, ...said.refused.map(({ code }) => code)],
    ['BeamDeployWarning', 'hot_unavailable', 'hot_unavailable', 'hot_unavailable'],
  )
  for (const { message } of [said.warning, ...said.refused])
    assert.match(message, /--disallow-code-generation-from-strings/)
})

interface Said {
  text: string
  refused: { code: string; message: string }[]
  warning: { name: string; code: string; message: string }
}

test('so does a peer, and a hot upgrade is refused with that reason', async t => {
  const archive = await packApp(t, 'http-app', { version: '1.0.0' })
  const app = await startApp(t, archive, { env: { NODE_OPTIONS: OPTION } })
  assert.equal((await fetch(app.url)).status, 200)
  assert.match(app.output(), WARNING)
  const next = await packApp(t, 'http-app', { version: '2.0.0' })
  const { code, stderr } = await app.command('hot-upgrade', next)
  assert.equal(code, 1)
  assert.match(stderr, /^beam-deploy: hot_unavailable: .*--disallow-code-generation-from-strings/m)
  const { release } = await app.upgrade(next)
  assert.equal(release.version, '2.0.0')
})
