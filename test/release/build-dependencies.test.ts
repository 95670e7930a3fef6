import assert from 'node:assert/strict'
import { mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { unpackRelease } from '../../src/release/unpack.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  build,
  layOut,
  listArchive,
  lock,
  ownTmpdir,
  packDependency,
  run,
  stagingFolders,
  writeTree,
} from './build-support.ts'

const tarball = (name: string) => ({ [name]: `file:vendor/${name}-1.0.0.tgz` })

test('installs what production needs by the lockfile, and leaves the folder of the application alone', async t => {
  const dependencies = tarball('left')
  const dir = await layOut(t, {
    'package.json': {
      name: 'app',
      version: '1.0.0',
      files: ['index.js'],
      dependencies,
      devDependencies: tarball('tool'),
      optionalDependencies: tarball('extra'),
      scripts: { prepare: 'exit 1', postinstall: 'exit 1' },
    },
    'index.js': '',
    'node_modules/mine/index.js': '',
  })
  const bin = {
    'package.json': { bin: { left: 'cli.js' } },
    'cli.js*': '#!/usr/bin/env node\nconsole.log(42)\n',
    'a.node': '',
  }
  await packDependency(t, join(dir, 'vendor'), 'left', bin)
  await packDependency(t, join(dir, 'vendor'), 'tool')
  await packDependency(t, join(dir, 'vendor'), 'extra')
  await lock(dir)
  const before = await readdir(dir, { recursive: true })

  const steps: string[] = []
  const release = await build(dir, {
    onProgress: step => steps.push(step.step === 'install' ? step.manager : step.step),
  })
  assert.deepEqual([...new Set(steps)], ['list', 'npm', 'hash', 'pack'])
  assert.deepEqual(await listArchive(release.file), [
    '.beam-deploy/manifest.json',
    'index.js',
    'node_modules/.bin/left',
    'node_modules/extra/index.js',
    'node_modules/extra/package.json',
    'node_modules/left/a.node',
    'node_modules/left/cli.js',
    'node_modules/left/index.js',
    'node_modules/left/package.json',
    'package.json',
  ])
  assert.deepEqual(release.nativeAddons, ['node_modules/left/a.node'])
  assert.deepEqual(release.skippedScripts, ['postinstall'])
  assert.deepEqual(await readdir(dir, { recursive: true }), before)

  const into = join(tempDir(t), 'release')
  await unpackRelease({ archive: release.file, into })
  assert.equal((await run(join(into, 'node_modules/.bin/left'), [])).stdout, '42\n')
  assert.equal((await build(dir)).sha256, release.sha256)
})

test('without dependencies no lockfile is needed and nothing is installed', async t => {
  const pkg = { name: 'app', version: '1.0.0', dependencies: {}, devDependencies: { typescript: '*' } }
  const dir = await layOut(t, { 'package.json': pkg, 'index.js': '' })
  const onProgress = ({ step }: { step: string }) => assert.notEqual(step, 'install')
  assert.equal((await build(dir, { onProgress })).files, 3)
})

test('takes a linked folder outside the application with its own production dependencies, once', async t => {
  const dir = await layOut(t, {
    'package.json': {
      name: 'app',
      version: '1.0.0',
      dependencies: { lib: 'file:../lib', user: 'file:../user' },
    },
    'index.js': `console.log(require('lib').answer, require('lib') === require('user'))`,
    '../lib/package.json': {
      name: 'lib',
      version: '1.0.0',
      files: ['lib.js'],
      main: 'lib.js',
      dependencies: tarball('left'),
      devDependencies: tarball('tool'),
      scripts: { prepare: 'exit 1' },
    },
    '../lib/lib.js': `exports.answer = require('left')`,
    '../lib/source.ts': '',
    '../lib/.npmrc': 'fund=false',
    '../user/package.json': {
      name: 'user',
      version: '1.0.0',
      main: 'user.js',
      dependencies: { lib: 'file:../lib' },
    },
    '../user/user.js': `module.exports = require('lib')`,
  })
  const lib = join(dirname(dir), 'lib')
  const user = join(dirname(dir), 'user')
  await packDependency(t, join(lib, 'vendor'), 'left')
  await packDependency(t, join(lib, 'vendor'), 'tool')
  await assert.rejects(build(dir), {
    code: 'build_failed',
    message: /app has dependencies but no lockfile.*npm install/,
  })
  await lock(dir)
  await assert.rejects(build(dir), {
    code: 'build_failed',
    message: /lib has dependencies but no lockfile.*npm install/,
  })
  await lock(lib)
  await lock(user)

  const { file } = await build(dir)
  assert.deepEqual(await listArchive(file), [
    '.beam-deploy/manifest.json',
    'index.js',
    'node_modules/lib/lib.js',
    'node_modules/lib/node_modules/left/index.js',
    'node_modules/lib/node_modules/left/package.json',
    'node_modules/lib/package.json',
    'node_modules/user/node_modules/lib',
    'node_modules/user/package.json',
    'node_modules/user/user.js',
    'package.json',
  ])
  const into = join(tempDir(t), 'release')
  const { entry } = await unpackRelease({ archive: file, into })
  assert.equal(await readlink(join(into, 'node_modules/user/node_modules/lib')), '../../lib')
  assert.equal((await run(process.execPath, [join(into, entry)])).stdout, 'left true\n')
  assert.deepEqual(await readdir(lib), [
    '.npmrc',
    'lib.js',
    'package-lock.json',
    'package.json',
    'source.ts',
    'vendor',
  ])
})

test('development dependencies on folders need not be there', async t => {
  const devDependencies = { tool: 'file:../tool' }
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', dependencies: tarball('left'), devDependencies },
    'index.js': '',
    '../tool/package.json': { name: 'tool', version: '1.0.0', dependencies: { unlocked: '1' } },
  })
  await packDependency(t, join(dir, 'vendor'), 'left')
  await lock(dir)
  await rm(join(dirname(dir), 'tool'), { recursive: true })
  const files = await listArchive((await build(dir)).file)
  assert.deepEqual(
    files.filter(path => path.startsWith('node_modules/')),
    ['node_modules/left/index.js', 'node_modules/left/package.json'],
  )
})

test('takes workspaces where they stand, with what is installed for them', async t => {
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', workspaces: ['packages/*'], dependencies: { one: '*' } },
    'index.js': `console.log(require('one'), require('./packages/one/one.js') === require('one'))`,
    'packages/one/package.json': {
      name: 'one',
      version: '1.0.0',
      main: 'one.js',
      dependencies: { left: 'file:../../vendor/left-1.0.0.tgz' },
    },
    'packages/one/one.js': `module.exports = { left: require('left') }`,
    'packages/one/node_modules/stray/index.js': '',
    '.npmignore': 'vendor\npackage-lock.json',
  })
  await packDependency(t, join(dir, 'vendor'), 'left')
  await lock(dir)
  const { file } = await build(dir)
  assert.deepEqual(await listArchive(file), [
    '.beam-deploy/manifest.json',
    'index.js',
    'node_modules/left/index.js',
    'node_modules/left/package.json',
    'node_modules/one',
    'package.json',
    'packages/one/one.js',
    'packages/one/package.json',
  ])
  const into = join(tempDir(t), 'release')
  await unpackRelease({ archive: file, into })
  assert.equal((await run(process.execPath, [join(into, 'index.js')])).stdout, `{ left: 'left' } true\n`)
})

test('takes workspaces that link to each other, whatever strategy the user prefers', async t => {
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', workspaces: ['packages/*'] },
    'index.js': `console.log(require('./packages/one'))`,
    'packages/one/package.json': { name: 'one', version: '1.0.0', dependencies: { two: '*' } },
    'packages/one/index.js': `module.exports = require('two')`,
    'packages/two/package.json': { name: 'two', version: '1.0.0' },
    'packages/two/index.js': `module.exports = 'two'`,
    '.npmrc': 'install-strategy=linked',
  })
  await lock(dir)
  const { file, sha256 } = await build(dir)
  const into = join(tempDir(t), 'release')
  await unpackRelease({ archive: file, into })
  assert.equal((await run(process.execPath, [join(into, 'index.js')])).stdout, 'two\n')
  assert.equal((await build(dir)).sha256, sha256)
})

test('takes a link whose target has a long path', async t => {
  const folder = `packages/${'long-'.repeat(25)}`
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', workspaces: [folder] },
    'index.js': `console.log(require('one'))`,
    [`${folder}/package.json`]: { name: 'one', version: '1.0.0' },
    [`${folder}/index.js`]: 'module.exports = 1',
  })
  await lock(dir)
  const into = join(tempDir(t), 'release')
  await unpackRelease({ archive: (await build(dir)).file, into })
  assert.equal((await run(process.execPath, [join(into, 'index.js')])).stdout, '1\n')
})

test('install scripts of dependencies run, and what they make is taken', async t => {
  const dir = await layOut(t, {
    'package.json': {
      name: 'app',
      version: '1.0.0',
      dependencies: tarball('native'),
    },
    'index.js': '',
  })
  const make = `const { mkdirSync, writeFileSync } = require('fs'); mkdirSync('build'); writeFileSync('build/made.node', '')`
  await packDependency(t, join(dir, 'vendor'), 'native', {
    'package.json': { scripts: { install: 'node make.js' } },
    'make.js': make,
  })
  await lock(dir)
  assert.deepEqual((await build(dir)).nativeAddons, ['node_modules/native/build/made.node'])
})

test('an install that fails shows what npm said, and leaves nothing behind', async t => {
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', dependencies: tarball('native') },
    'index.js': '',
  })
  const scripts = { install: 'echo no compiler here && exit 3' }
  await packDependency(t, join(dir, 'vendor'), 'native', { 'package.json': { scripts } })
  await lock(dir)
  const tmpdir = ownTmpdir(t)
  await assert.rejects(build(dir), {
    code: 'build_failed',
    message: /production dependencies of .*app failed: `npm ci .*` in .* exit code 3[\s\S]*no compiler here/,
  })
  assert.deepEqual(await stagingFolders(tmpdir), [])
  assert.deepEqual(await readdir(dirname(dir)), ['app'])
})

test('a lockfile that does not know a local dependency or a workspace is out of date', async t => {
  const pkg = { name: 'app', version: '1.0.0', workspaces: ['packages/*'], dependencies: tarball('left') }
  const dir = await layOut(t, {
    'package.json': pkg,
    'index.js': '',
    'packages/one/package.json': { name: 'one', version: '1.0.0' },
  })
  await packDependency(t, join(dir, 'vendor'), 'left')
  await packDependency(t, join(dir, 'vendor'), 'new')
  await lock(dir)
  for (const [name, spec] of [
    ['left', 'file:vendor/new-1.0.0.tgz'],
    ['new', 'file:vendor/new-1.0.0.tgz'],
  ] as const) {
    await writeTree(dir, { 'package.json': { ...pkg, dependencies: { ...pkg.dependencies, [name]: spec } } })
    const message = new RegExp(`does not have the local dependency ${name} \\("${spec}"\\).*npm install`)
    await assert.rejects(build(dir), { code: 'build_failed', message })
  }
  await writeTree(dir, {
    'package.json': pkg,
    'packages/two/package.json': { name: 'two', version: '1.0.0' },
  })
  await assert.rejects(build(dir), {
    code: 'build_failed',
    message: /does not have the workspace packages\/two.*npm install/,
  })
})

test('refuses dependencies that cannot be installed as they are, and says what to do', async t => {
  const workspace = await layOut(t, {
    '../package.json': { name: 'root', version: '1.0.0', workspaces: ['app'] },
    '../package-lock.json': {},
    'package.json': { name: 'app', version: '1.0.0', dependencies: { left: '1' } },
    'index.js': '',
  })
  await assert.rejects(build(workspace), {
    code: 'build_failed',
    message: /app .*seems to be a workspace of .*--workspaces=false/,
  })

  for (const [lockfile, message] of [
    ['yarn.lock', /yarn\.lock is a lockfile of Yarn.*npm install --package-lock-only/],
    ['bun.lock', /bun\.lock is a lockfile of Bun/],
  ] as const) {
    const pkg = { name: 'app', version: '1.0.0', dependencies: { left: '1' } }
    await assert.rejects(build(await layOut(t, { 'package.json': pkg, 'index.js': '', [lockfile]: '' })), {
      code: 'build_failed',
      message,
    })
  }

  const dir = await layOut(t, { 'package.json': {}, 'index.js': '' })
  for (const spec of [`file:${join(dir, 'lib')}`, join(dir, 'lib'), 'file:~/lib']) {
    await writeTree(dir, {
      'package.json': { name: 'app', version: '1.0.0', dependencies: { lib: spec } },
      'package-lock.json': {},
    })
    await assert.rejects(build(dir), {
      code: 'build_failed',
      message: /depends on lib by the absolute path.*relative/,
    })
  }

  await mkdir(join(dirname(dir), 'gone'))
  await writeFile(join(dirname(dir), 'gone/package.json'), JSON.stringify({ name: 'gone', version: '1.0.0' }))
  await writeTree(dir, {
    'package.json': { name: 'app', version: '1.0.0', dependencies: { gone: 'file:../gone' } },
    'package-lock.json': {},
  })
  await rm(join(dir, 'package-lock.json'))
  await lock(dir)
  await rm(join(dirname(dir), 'gone'), { recursive: true })
  await assert.rejects(build(dir), {
    code: 'build_failed',
    message: /local dependency \.\.\/gone, which is not there/,
  })
})

test('without npm the build fails and says so', async t => {
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', dependencies: { left: '1' } },
    'index.js': '',
    'package-lock.json': { lockfileVersion: 3, packages: {} },
  })
  const path = process.env.PATH
  t.after(() => {
    process.env.PATH = path
  })
  process.env.PATH = tempDir(t)
  await assert.rejects(build(dir), { code: 'build_failed', message: /needs `npm`, which is not on the PATH/ })
})

test('where nothing can be staged the build fails and says so', async t => {
  const dir = await layOut(t, { 'package.json': { name: 'app', version: '1.0.0' }, 'index.js': '' })
  ownTmpdir(t, join(dir, 'missing'))
  const message = /release of .*app failed: ENOENT.*Check free space and permissions.*missing/
  await assert.rejects(build(dir), { code: 'build_failed', phase: 'build', message })
})

test('an interrupted install is ended, and its folder is gone', async t => {
  const controller = new AbortController()
  const dir = await layOut(t, {
    'package.json': { name: 'app', version: '1.0.0', dependencies: tarball('left') },
    'index.js': '',
  })
  await packDependency(t, join(dir, 'vendor'), 'left')
  await lock(dir)
  const tmpdir = ownTmpdir(t)
  let staged = 0
  const onProgress = async ({ step }: { step: string }) => {
    if (step !== 'install') return
    staged = (await stagingFolders(tmpdir)).length
    controller.abort()
  }
  await assert.rejects(build(dir, { signal: controller.signal, onProgress }), {
    code: 'build_failed',
    message: /interrupted/,
  })
  assert.equal(staged, 1)
  assert.deepEqual(await stagingFolders(tmpdir), [])
})
