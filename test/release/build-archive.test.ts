import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { chmod, cp, readdir, readFile, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { buildRelease } from '../../src/release/build/build-release.ts'
import type { BuildStep } from '../../src/release/build/options.ts'
import { MANIFEST_PATH, type Manifest } from '../../src/release/manifest.ts'
import { currentRuntime } from '../../src/release/runtime.ts'
import { unpackRelease } from '../../src/release/unpack.ts'
import { tempDir } from '../support/pack-app.ts'
import { build, extract, layOut, listArchive, readFromArchive, run, type Tree } from './build-support.ts'

const LONG = `${'deeply/'.repeat(30)}${'x'.repeat(120)}.js`

const APP: Tree = {
  'package.json': { name: 'my-app', version: '1.2.3', main: 'server.js' },
  'server.js': 'console.log(1)\n',
  'bin/run*': '#!/bin/sh\n',
  'lib/größe.js': '// not in ASCII\n',
  'lib/addon.node': 'not really native',
  'empty.txt': '',
  [LONG]: '// long\n',
}

test('the archive is what the system tar and the reader of releases understand', async t => {
  const dir = await layOut(t, APP)
  const release = await build(dir)
  const { file, ...facts } = release
  const bytes = await readFile(file)
  assert.equal(facts.sha256, createHash('sha256').update(bytes).digest('hex'))
  assert.equal(facts.bytes, bytes.length)
  assert.equal(facts.files, 8)
  assert.deepEqual(facts.nativeAddons, ['lib/addon.node'])
  assert.deepEqual(facts.skippedScripts, [])
  assert.equal((await run('tar', ['tzf', file])).stdout.trim().split('\n').length, 8)
  const into = join(tempDir(t), 'release')
  const read = await unpackRelease({ archive: file, into })
  assert.deepEqual(
    { ...read, manifest: undefined },
    {
      name: 'my-app',
      version: '1.2.3',
      entry: 'server.js',
      sha256: facts.sha256,
      nativeAddons: ['lib/addon.node'],
      files: 8,
      bytes: facts.unpackedBytes,
      manifest: undefined,
    },
  )
  assert.equal(await readFile(join(into, LONG), 'utf8'), '// long\n')
  assert.equal(await readFile(join(into, 'lib/größe.js'), 'utf8'), '// not in ASCII\n')
})

test('the manifest comes first and says what is inside', async t => {
  const dir = await layOut(t, APP)
  const { file } = await build(dir)
  const [first, ...rest] = await listArchive(file)
  assert.equal(first, MANIFEST_PATH)
  const manifest: Manifest = JSON.parse(await readFromArchive(file, MANIFEST_PATH))
  assert.deepEqual(
    { ...manifest, files: undefined },
    {
      manifestVersion: 1,
      name: 'my-app',
      version: '1.2.3',
      entry: 'server.js',
      runtime: currentRuntime(),
      nativeAddons: ['lib/addon.node'],
      files: undefined,
    },
  )
  const root = await extract(t, file)
  assert.equal(Object.keys(manifest.files).length, rest.length)
  for (const [path, sha256] of Object.entries(manifest.files)) {
    assert.equal(
      createHash('sha256')
        .update(await readFile(join(root, path)))
        .digest('hex'),
      sha256,
      path,
    )
  }
})

test('equal input makes equal bytes, whatever the times, modes and order on disk', async t => {
  const dir = await layOut(t, APP)
  const copy = join(tempDir(t), 'elsewhere')
  await cp(dir, copy, { recursive: true })
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) await chmod(path, path.endsWith('run') ? 0o700 : 0o600)
    await utimes(path, 1, 1)
  }
  for (const ending of ['tgz', 'tar.gz', 'tar', 'tar.zst']) {
    const first = await build(dir, { out: join(dirname(dir), `out.${ending}`) })
    const second = await build(copy, { out: join(dirname(copy), `out.${ending}`) })
    assert.equal(first.sha256, second.sha256, ending)
    assert.deepEqual(await readFile(first.file), await readFile(second.file), ending)
  }
})

test('headers say nothing of the host, and keep who may execute', async t => {
  const { file } = await build(await layOut(t, APP))
  const { stdout } = await run('tar', ['tvf', file, '--full-time', '--utc', '--numeric-owner'])
  for (const line of stdout.trim().split('\n')) {
    const mode = line.endsWith('package/bin/run') ? '-rwxr-xr-x' : '-rw-r--r--'
    assert.match(line, new RegExp(`^${mode} 0/0 +\\d+ 1985-10-26 08:15:00 `))
  }
})

test('entries are sorted by the bytes of their paths', async t => {
  const dir = await layOut(t, {
    ...APP,
    'a-b.js': '',
    'a/b.js': '',
    'a.js': '',
    'B.js': '',
    'é.js': '',
    '\uff5e.js': '',
    '\u{1f680}.js': '',
  })
  const [, ...paths] = await listArchive((await build(dir)).file)
  const sorted = paths
    .map(path => Buffer.from(path))
    .sort(Buffer.compare)
    .map(String)
  assert.deepEqual(paths, sorted)
  assert.ok(
    paths.indexOf('B.js') < paths.indexOf('a-b.js') && paths.indexOf('a.js') < paths.indexOf('a/b.js'),
  )
})

test('the format is that of the ending', async t => {
  const dir = await layOut(t, APP)
  const tar = await readFile((await build(dir, { out: join(dirname(dir), 'a.tar') })).file)
  const tgz = await readFile((await build(dir, { out: join(dirname(dir), 'a.tgz') })).file)
  const zst = await readFile((await build(dir, { out: join(dirname(dir), 'a.tar.zst') })).file)
  assert.deepEqual(gunzipSync(tgz), tar)
  assert.deepEqual(zstdDecompressSync(zst), tar)
  await assert.rejects(build(dir, { out: join(dirname(dir), 'a.zip') }), {
    code: 'invalid_option',
    message: /a\.zip/,
  })
})

test('the archive is named as npm names it, in the current folder', async t => {
  const dir = await layOut(t, {
    ...APP,
    'package.json': { name: '@acme/web-app', version: '1.0.0-beta.1', main: 'server.js' },
  })
  const cwd = process.cwd()
  t.after(() => process.chdir(cwd))
  process.chdir(tempDir(t))
  const { file, name, version } = await buildRelease({ dir })
  assert.deepEqual({ name, version }, { name: '@acme/web-app', version: '1.0.0-beta.1' })
  assert.equal(file, join(process.cwd(), 'acme-web-app-1.0.0-beta.1.tgz'))
  assert.deepEqual(await readdir('.'), ['acme-web-app-1.0.0-beta.1.tgz'])
})

test('progress goes through the steps, and to the end of each', async t => {
  const steps: BuildStep[] = []
  await build(await layOut(t, APP), { onProgress: step => steps.push(step) })
  assert.deepEqual([...new Set(steps.map(({ step }) => step))], ['list', 'hash', 'pack'])
  assert.deepEqual(steps.filter(({ step }) => step === 'hash').at(-1), { step: 'hash', files: 7, done: 7 })
  assert.deepEqual(steps.at(-1), { step: 'pack', files: 8, done: 8 })
})

test('a build that fails or is interrupted while it writes leaves the former archive, and nothing else', async t => {
  const dir = await layOut(t, APP)
  const { file } = await build(dir)
  const before = await readFile(file)
  const packing = (step: BuildStep) => step.step === 'pack' && step.done === 2

  const controller = new AbortController()
  let last: BuildStep | undefined
  const onProgress = (step: BuildStep) => {
    last = step
    if (packing(step)) controller.abort(new Error('Ctrl-C'))
  }
  await assert.rejects(build(dir, { signal: controller.signal, onProgress }), {
    code: 'build_failed',
    message: /interrupted/,
  })
  assert.deepEqual(last, { step: 'pack', files: 8, done: 2 })
  await assert.rejects(
    build(dir, {
      onProgress: step => packing(step) && writeFileSync(join(dir, 'server.js'), 'console.log(2)\n'),
    }),
    { code: 'build_failed', message: /server\.js was changed/ },
  )
  await assert.rejects(
    build(dir, { onProgress: step => packing(step) && writeFileSync(join(dir, 'server.js'), '') }),
    { code: 'build_failed', message: /server\.js was changed/ },
  )
  assert.deepEqual(await readdir(dirname(dir)), ['app', 'out.tgz'])
  assert.deepEqual(await readFile(file), before)
})

test('where no archive can be written, the build fails before it begins', async t => {
  const dir = await layOut(t, { ...APP, 'folder.tgz/x': '' })
  for (const out of ['missing/out.tgz', 'server.js/out.tgz', 'folder.tgz']) {
    const onProgress = () => assert.fail('begun')
    await assert.rejects(
      build(dir, { out: join(dir, out), onProgress }),
      { code: 'build_failed', phase: 'build' },
      out,
    )
  }
})
