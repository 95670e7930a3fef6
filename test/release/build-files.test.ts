import assert from 'node:assert/strict'
import { rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { build, layOut, listArchive, run, type Tree, writeTree } from './build-support.ts'

const SOURCES: Tree = {
  'index.js': '',
  'server.mjs': '',
  'cli.js*': '#!/usr/bin/env node\n',
  'lib/a.js': '',
  'lib/b.js': '',
  'lib/deep/c.js': '',
  'test/a.test.js': '',
  'assets/logo.svg': '',
  'README.md': '',
  LICENSE: '',
  '.env': '',
  '.npmrc': 'loglevel=error',
  '.DS_Store': '',
  '.hidden/file': '',
  'client/node_modules/x/index.js': '',
  'node_modules/left/index.js': '',
  'node_modules/left/package.json': '{"name":"left"}',
  'yarn.lock': '',
}

const SHAPES: Record<string, { pkg?: object; tree?: Tree }> = {
  'no list at all': {},
  '"files" with folders, files and patterns': {
    pkg: { files: ['lib', 'index.js', 'assets/*.svg', '!lib/deep'] },
  },
  'main outside "files"': { pkg: { files: ['lib'], main: 'server.mjs' } },
  'main in a folder outside "files"': { pkg: { files: ['assets'], main: 'lib/a.js' } },
  'bin as a text, outside "files"': { pkg: { files: ['lib', 'index.js'], bin: './cli.js' } },
  'bin as an object, outside "files"': {
    pkg: { files: ['lib', 'index.js'], bin: { one: 'cli.js', two: './assets/logo.svg' } },
  },
  '.npmignore': { tree: { '.npmignore': 'test\n*.svg\n', '.gitignore': 'lib\n' } },
  '.gitignore': { tree: { '.gitignore': 'test/\nassets\n!assets/logo.svg\n' } },
  '.npmignore in a folder': { pkg: { files: ['lib', 'index.js'] }, tree: { 'lib/.npmignore': 'b.js\n' } },
  '.gitignore in a folder': { tree: { 'lib/.gitignore': 'deep\n' } },
  'bundled dependencies are those that were installed': { pkg: { bundleDependencies: ['left'] } },
}

for (const [shape, { pkg, tree }] of Object.entries(SHAPES)) {
  test(`takes what npm pack takes: ${shape}`, async t => {
    const dir = await layOut(t, {
      ...SOURCES,
      ...tree,
      'package.json': { name: 'app', version: '1.0.0', ...pkg },
    })
    await symlink('index.js', join(dir, 'link.js'))
    const packed = await npmPack(dir)
    const [manifest, ...files] = await listArchive((await build(dir)).file)
    assert.equal(manifest, '.beam-deploy/manifest.json')
    assert.deepEqual(files, packed.filter(path => !path.startsWith('node_modules/')).sort())
  })
}

test('takes main even when it begins with "./"', async t => {
  const pkg = { name: 'app', version: '1.0.0', files: ['assets'], main: './lib/a.js' }
  const { file, entry } = await build(await layOut(t, { ...SOURCES, 'package.json': pkg }))
  assert.equal(entry, 'lib/a.js')
  assert.ok((await listArchive(file)).includes('lib/a.js'))
})

test('leaves out earlier archives, its own folder and what a build that was killed left', async t => {
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0' },
    'index.js': '',
    'app-0.9.0.tgz': '',
    'other.tar.zst': '',
    'data/kept.tgz': '',
    'data/.beam-deploy-0123456789ab.tmp': '',
    '.beam-deploy/releases/x': '',
  })
  const expected = ['.beam-deploy/manifest.json', 'data/kept.tgz', 'index.js', 'package.json']
  for (const out of ['app-1.0.0.tgz', 'data/out.tgz']) {
    const first = await build(dir, { out: join(dir, out) })
    const second = await build(dir, { out: join(dir, out) })
    assert.deepEqual(await listArchive(second.file), expected)
    assert.equal(second.sha256, first.sha256)
    await rm(second.file)
  }
})

test('takes archives in the root that "files" names', async t => {
  const pkg = { name: 'app', version: '1.0.0', files: ['seed.tgz', 'index.js'] }
  const { file } = await build(
    await layOut(t, { 'package.json': pkg, 'index.js': '', 'seed.tgz': '', 'old.tgz': '' }),
  )
  assert.deepEqual(await listArchive(file), [
    '.beam-deploy/manifest.json',
    'index.js',
    'package.json',
    'seed.tgz',
  ])
})

test('the entry is found as it will be when the release runs', async t => {
  for (const [tree, entry] of [
    [{ 'server.ts': '' }, 'server.ts'],
    [{ 'index.mjs': '', 'server.js': '' }, 'index.mjs'],
  ] as const) {
    const dir = await layOut(t, { ...tree, 'package.json': { name: 'app', version: '1.0.0' } })
    assert.equal((await build(dir)).entry, entry)
  }
})

const REFUSED: Record<string, { tree: Tree; message: RegExp }> = {
  'no package.json': {
    tree: { 'index.js': '' },
    message: /app\/package\.json cannot be read.*Name a folder/,
  },
  'a package.json that is not JSON': {
    tree: { 'package.json': '{' },
    message: /app\/package\.json is not valid JSON.*Correct/,
  },
  'a package.json that is no object': {
    tree: { 'package.json': '[]' },
    message: /app\/package\.json is not a JSON object/,
  },
  'no name': {
    tree: { 'package.json': { version: '1.0.0' } },
    message: /package\.json has no valid "name".*Set "name"/,
  },
  'no version': {
    tree: { 'package.json': { name: 'app' } },
    message: /package\.json has no valid "version".*Set "version"/,
  },
  'no entry': {
    tree: { 'package.json': { name: 'app', version: '1.0.0' } },
    message: /no index\.js.*Set "main"/,
  },
  'a main that is not there': {
    tree: { 'package.json': { name: 'app', version: '1.0.0', main: 'dist/app.js' } },
    message: /"dist\/app\.js" as "main", and there is no such file/,
  },
  'an entry that is not packed': {
    tree: {
      'package.json': { name: 'app', version: '1.0.0', files: ['lib'] },
      'index.js': '',
      'lib/a.js': '',
    },
    message: /entry index\.js .* is not among the files that are packed.*"files"/,
  },
}

for (const [what, { tree, message }] of Object.entries(REFUSED)) {
  test(`refuses ${what}`, async t => {
    const dir = join(dirname(await layOut(t, { 'package.json': '{}' })), 'app')
    await rm(join(dir, 'package.json'))
    await writeTree(dir, tree)
    await assert.rejects(build(dir), { code: 'build_failed', phase: 'build', message })
  })
}

test('refuses a folder that is not there', async t => {
  const dir = join(await layOut(t, { 'package.json': '{}' }), 'missing')
  await assert.rejects(build(dir), { code: 'build_failed', message: /missing cannot be read/ })
})

/** The paths that the real npm would pack. */
async function npmPack(dir: string): Promise<string[]> {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: dir })
  const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(stdout)
  return files.map(({ path }) => path)
}
