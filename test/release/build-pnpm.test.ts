import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { unpackRelease } from '../../src/release/unpack.ts'
import { tempDir } from '../support/pack-app.ts'
import { build, layOut, listArchive, packDependency, readFromArchive, run } from './build-support.ts'

const version = await run('pnpm', ['--version']).then(
  ({ stdout }) => stdout.trim(),
  () => null,
)

const pnpmLock = (dir: string) =>
  run('pnpm', ['install', '--lockfile-only', '--offline', '--ignore-scripts'], { cwd: dir })

const app = (more: object = {}) => ({
  name: 'app',
  version: '1.0.0',
  files: ['index.js'],
  dependencies: { left: 'file:vendor/left-1.0.0.tgz', lib: 'file:../lib' },
  devDependencies: { tool: 'file:vendor/tool-1.0.0.tgz' },
  scripts: { prepare: 'exit 1' },
  ...more,
})

const LIB = {
  '../lib/package.json': {
    name: 'lib',
    version: '1.0.0',
    files: ['lib.js'],
    main: 'lib.js',
    scripts: { prepare: 'exit 1' },
  },
  '../lib/lib.js': `exports.lib = 1`,
  '../lib/source.ts': '',
}

describe('with pnpm', { skip: version === null && 'pnpm is not on the PATH' }, () => {
  test('installs by pnpm-lock.yaml what production needs, without links into a store', async t => {
    const dir = await layOut(t, {
      ...LIB,
      'package.json': app(),
      'index.js': `console.log(require('left'), require('lib'))`,
    })
    await packDependency(t, join(dir, 'vendor'), 'left', {
      'package.json': { bin: { left: 'cli.js' } },
      'cli.js*': '#!/usr/bin/env node\n',
    })
    await packDependency(t, join(dir, 'vendor'), 'tool')
    await pnpmLock(dir)
    const managers: string[] = []
    const { file, sha256 } = await build(dir, {
      onProgress: step => step.step === 'install' && managers.push(step.manager),
    })
    assert.deepEqual(managers, ['pnpm'])
    assert.deepEqual(await listArchive(file), [
      '.beam-deploy/manifest.json',
      'index.js',
      'node_modules/.bin/left',
      'node_modules/left/cli.js',
      'node_modules/left/index.js',
      'node_modules/left/package.json',
      'node_modules/lib/lib.js',
      'node_modules/lib/package.json',
      'package.json',
    ])
    const into = join(tempDir(t), 'release')
    await unpackRelease({ archive: file, into })
    assert.equal((await run(process.execPath, [join(into, 'index.js')])).stdout, 'left { lib: 1 }\n')
    await run(join(into, 'node_modules/.bin/left'), [])
    assert.equal((await build(dir)).sha256, sha256)
  })

  test('where lockfiles of both stand, packageManager decides', async t => {
    const write = `require('fs').writeFileSync('index.js', process.env.npm_config_user_agent)`
    for (const [packageManager, expected] of [
      ['npm@11.0.0', /^npm\//],
      [`pnpm@${version}`, /^pnpm\//],
    ] as const) {
      const dir = await layOut(t, {
        'package.json': {
          name: 'app',
          version: '1.0.0',
          packageManager,
          scripts: { build: 'node build.js' },
        },
        'build.js': write,
        'package-lock.json': { lockfileVersion: 3, packages: {} },
        'pnpm-lock.yaml': `lockfileVersion: '9.0'\n`,
      })
      assert.match(await readFromArchive((await build(dir)).file, 'index.js'), expected)
    }
  })
})

test('refuses what pnpm cannot install as it is, and says what to do', async t => {
  const lockfile = `lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  packages/one:\n    dependencies: {}\n\npackages:\n\n  left@1.0.0: {}\n`
  const workspace = await layOut(t, {
    'package.json': app({ dependencies: { left: '1' } }),
    'index.js': '',
    'pnpm-lock.yaml': lockfile,
  })
  await assert.rejects(build(workspace), {
    code: 'build_failed',
    message: /pnpm workspace \(packages\/one\).*--ignore-workspace/,
  })

  const member = await layOut(t, {
    '../pnpm-workspace.yaml': '',
    'package.json': app({ dependencies: { left: '1' } }),
    'index.js': '',
  })
  await assert.rejects(build(member), {
    code: 'build_failed',
    message: /app .*seems to be a workspace of .*pnpm install --ignore-workspace/,
  })

  for (const spec of ['link:../lib', 'workspace:*']) {
    const dependencies = { lib: spec }
    const dir = await layOut(t, {
      ...LIB,
      'package.json': app({ dependencies }),
      'index.js': '',
      'pnpm-lock.yaml': '',
    })
    await assert.rejects(build(dir), {
      code: 'build_failed',
      message: /depends on lib by "(link|workspace):.*file:/,
    })
  }
})

test('without pnpm a project of pnpm cannot be built', async t => {
  const dir = await layOut(t, {
    'package.json': app({ dependencies: { left: '1' } }),
    'index.js': '',
    'pnpm-lock.yaml': '',
  })
  const bin = tempDir(t)
  await symlink(process.execPath, join(bin, 'node'))
  const path = process.env.PATH
  t.after(() => {
    process.env.PATH = path
  })
  process.env.PATH = bin
  await assert.rejects(build(dir), {
    code: 'build_failed',
    message: /needs `pnpm`, which is not on the PATH. Install it/,
  })
})
