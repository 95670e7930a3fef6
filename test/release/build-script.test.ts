import assert from 'node:assert/strict'
import { readdir, watch } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempDir } from '../support/pack-app.ts'
import { build, layOut, listArchive, readFromArchive, run } from './build-support.ts'

const appWith = (scripts: Record<string, string>, more = {}) => ({
  'package.json': { name: 'app', version: '1.0.0', main: 'dist/app.js', files: ['dist'], scripts, ...more },
  'build.js': `require('node:fs').mkdirSync('dist', { recursive: true }); require('node:fs').writeFileSync('dist/app.js', 'built')`,
})

test('runs the build script first, and packs what it made', async t => {
  const steps: string[] = []
  const dir = await layOut(t, appWith({ build: 'node build.js' }))
  const { file } = await build(dir, { onProgress: ({ step }) => steps.push(step) })
  assert.deepEqual(await listArchive(file), ['.beam-deploy/manifest.json', 'dist/app.js', 'package.json'])
  assert.deepEqual([...new Set(steps)], ['build', 'list', 'hash', 'pack'])
})

test('a build script may change package.json', async t => {
  const change = `const p = require('./package.json'); p.version = '2.0.0'; require('node:fs').writeFileSync('package.json', JSON.stringify(p))`
  const dir = await layOut(t, {
    ...appWith({ build: 'node build.js && node change.js' }),
    'change.js': change,
  })
  const { file, version } = await build(dir)
  assert.equal(version, '2.0.0')
  assert.equal(JSON.parse(await readFromArchive(file, '.beam-deploy/manifest.json')).version, '2.0.0')
})

test('no other script of the application runs', async t => {
  const scripts = Object.fromEntries(
    ['prepare', 'prepack', 'preinstall', 'postinstall'].map(name => [name, `node -e "process.exit(1)"`]),
  )
  const dir = await layOut(t, { ...appWith(scripts), 'dist/app.js': '' })
  assert.deepEqual((await build(dir)).skippedScripts, ['preinstall', 'postinstall'])
})

test('a build script that fails ends the build, with its exit code and the end of its output', async t => {
  const dir = await layOut(
    t,
    appWith({ build: `node -e "console.log('one'); console.error('two'); process.exit(7)"` }),
  )
  const failure = await build(dir).catch(error => error)
  assert.equal(failure.code, 'build_failed')
  assert.match(failure.message, /build script failed: `npm run build` in .* exit code 7/)
  assert.match(failure.output, /one\ntwo/)
  assert.match(failure.message, /one\ntwo/)
  assert.deepEqual(await readdir(dirname(dir)), ['app'])
})

test('of a long output the end is told, without the help that npm adds to its errors', async t => {
  const lines = [
    ...Array.from({ length: 100 }, (_, index) => `line ${index}`),
    'npm error Missing: left@1.0.0',
    'npm error',
  ]
  const output = [
    ...lines,
    'npm error Usage:',
    ...Array.from({ length: 100 }, () => 'npm error   --help'),
  ].join('\n')
  const dir = await layOut(t, {
    ...appWith({ build: 'node fail.js' }),
    'fail.js': `console.log(${JSON.stringify(output)}); process.exitCode = 1`,
  })
  const failure = await build(dir).catch(error => error)
  assert.match(failure.output, /^line 62\n[\s\S]*\nline 99\nnpm error Missing: left@1\.0\.0\nnpm error$/)
})

test('the output of the build script is shown on stderr, unless it is to be hidden', async t => {
  const dir = await layOut(t, appWith({ build: 'node build.js && echo to-stdout && echo to-stderr >&2' }))
  const module = fileURLToPath(new URL('../../src/release/build/build-release.ts', import.meta.url))
  const outputOf = (options: object) =>
    run(process.execPath, [
      '-e',
      `import(${JSON.stringify(module)}).then(m => m.buildRelease(${JSON.stringify(options)}))`,
    ])
  const out = join(tempDir(t), 'out.tgz')
  const shown = await outputOf({ dir, out })
  assert.match(shown.stderr, /^to-stdout\nto-stderr$/m)
  assert.equal(shown.stdout, '')
  assert.deepEqual({ ...(await outputOf({ dir, out, scriptOutput: 'hidden' })) }, { stdout: '', stderr: '' })
})

test('an interrupted build ends its script before it rejects', async t => {
  const controller = new AbortController()
  const begin = `
    const { writeFileSync } = require('node:fs')
    process.on('SIGTERM', () => process.exit(writeFileSync('ended', '')))
    setInterval(() => {}, 1000)
    writeFileSync('begun', '')`
  const dir = await layOut(t, { ...appWith({ build: 'node begin.js' }), 'begin.js': begin })
  const changes = watch(dir)
  const building = build(dir, { signal: controller.signal })
  for await (const { filename } of changes) if (filename === 'begun') break
  controller.abort(new Error('Ctrl-C'))
  await assert.rejects(building, { code: 'build_failed', message: /interrupted/ })
  assert.deepEqual((await readdir(dir)).sort(), ['begin.js', 'begun', 'build.js', 'ended', 'package.json'])
})
