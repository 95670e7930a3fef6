import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { create } from 'tar'
import type { UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { startHotProgram } from '../support/hot-program.ts'
import { assertReasons, assertRefused } from '../support/hot-refusals.ts'
import { layOutApp, packApp, tempDir } from '../support/pack-app.ts'

const FILES = { 'app.js': `export let n = 1\nexport const hit = () => ++n` }
const LOOK = `return (await load('./app.js')).n`

const manifest = (nodeMajor: number) => ({
  '.beam-deploy/manifest.json': JSON.stringify({ manifestVersion: 1, runtime: { nodeMajor } }),
})

test('refused: a release that was built for another Node.js', async t => {
  const running = Number.parseInt(process.versions.node, 10)
  const program = await assertRefused(t, {
    files: FILES,
    changes: manifest(running + 1),
    look: LOOK,
    reasons: [
      {
        at: 'package.json',
        says: new RegExp(`built for Node.js ${running + 1}, and what runs is Node.js ${running}`),
        remedy: new RegExp(`Build it with Node.js ${running}`),
      },
    ],
  })
  await program.upgrade(manifest(running))
})

test('refused: a release whose engines.node excludes what runs, as a folder and as an archive', async t => {
  const running = process.versions.node
  const manifest = (node: string) => ({
    'package.json': JSON.stringify({
      name: 'hot-program',
      version: '2.0.0',
      type: 'module',
      engines: { node },
    }),
  })
  const reason = {
    at: 'package.json',
    says: new RegExp(`^it asks for Node.js <24 in .engines., and what runs is Node.js ${running}`),
    remedy: /Correct that, or start it anew/,
  }
  const changes = manifest('<24')
  const program = await assertRefused(t, { files: FILES, changes, look: LOOK, reasons: [reason] })
  const archive = await packApp(t, 'runs-code', {
    version: '7.0.0',
    manifest: { name: 'hot-program', engines: { node: '<24' } },
  })
  const plan = await program.run<UpgradePlan>(`return beam.planUpgrade(given)`, archive)
  assertReasons(
    plan.reasons.filter(({ module }) => module === 'package.json'),
    [reason],
  )
  await program.upgrade(manifest(`>=24 <${Number.parseInt(running, 10) + 1}`))
})

test('refused: the release of another application, as a folder and as an archive, of which nothing stays', async t => {
  const folder = tempDir(t)
  const program = await startHotProgram(t, FILES, { env: { TMPDIR: folder } })
  await program.run(`(await load('./app.js')).hit()`)
  const dir = layOutApp(t, 'runs-code', { version: '7.0.0' })
  const file = join(tempDir(t), 'other.tgz')
  await create({ cwd: join(dir, '..'), file, gzip: true }, ['app'])
  for (const path of [dir, file]) {
    for (const call of ['hotUpgrade', 'planUpgrade']) {
      const error = await program.run(`return beam.${call}(given)`, path).then(
        () => assert.fail('not refused'),
        (thrown: Error & { code: string }) => thrown,
      )
      assert.equal(error.code, 'invalid_release', error.message)
      assert.match(error.message, /is a release of [\w-]+, but hot-program runs here/)
    }
  }
  assert.deepEqual(readdirSync(folder), [])
  assert.equal(await program.run(LOOK), 2)
  await program.upgrade({ 'app.js': FILES['app.js'].replace('++n', '(n += 10)') })
  assert.equal(await program.run(`return (await load('./app.js')).hit()`), 12)
})

test('refused: what is no release at all', async t => {
  const folder = tempDir(t)
  const program = await startHotProgram(t, FILES, { env: { TMPDIR: folder } })
  const missing = join(tempDir(t), 'nothing.tgz')
  await assert.rejects(program.run(`return beam.hotUpgrade(given)`, missing), { code: 'release_not_found' })
  await assert.rejects(program.run(`return beam.hotUpgrade(given)`, import.meta.filename), {
    code: 'invalid_release',
  })
  assert.deepEqual(readdirSync(folder), [])
})
