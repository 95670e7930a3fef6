import assert from 'node:assert/strict'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type CopyFolderOptions, copyFolderRelease } from '../../src/release/folder.ts'
import { packageJson } from '../support/tar-bytes.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const APPLICATION = { 'package.json': packageJson(), 'server.js': 'x', 'node_modules/a/index.js': 'a' }

function write(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

function application(t: TestContext, files: Record<string, string> = APPLICATION) {
  const folder = temporaryFolder(t)
  const dir = join(folder, 'app')
  write(dir, files)
  const copy = (options: Partial<CopyFolderOptions> & { into?: string } = {}) => {
    const into = options.into ?? join(folder, 'into')
    return { into, release: copyFolderRelease({ dir, into, ...options }) }
  }
  return { folder, dir, copy }
}

test('an application is copied as it is', t => {
  const { dir, copy } = application(t)
  chmodSync(join(dir, 'server.js'), 0o4710)
  const { into, release } = copy()
  assert.match(release.sha256, /^[0-9a-f]{64}$/)
  assert.deepEqual(
    { ...release, sha256: '' },
    {
      name: 'demo',
      version: '1.2.3',
      entry: 'server.js',
      nativeAddons: [],
      sha256: '',
      files: 3,
      bytes: packageJson().length + 2,
    },
  )
  assert.equal(readFileSync(join(into, 'node_modules/a/index.js'), 'utf8'), 'a')
  assert.equal((statSync(join(into, 'server.js')).mode & 0o7777).toString(8), '755')
  assert.equal((statSync(join(into, 'package.json')).mode & 0o7777).toString(8), '644')
})

test('.git and .beam-deploy at the root are left out, and so is what is excluded', t => {
  const extra = {
    '.git/config': '',
    '.beam-deploy/x': '',
    'lib/.git/config': '',
    'state/releases/1/x': '',
    'lib/b.node': '',
  }
  const { dir, copy } = application(t, { ...APPLICATION, ...extra })
  const { into, release } = copy({ exclude: [join(dir, 'state')] })
  assert.deepEqual(readdirSync(into).sort(), ['lib', 'node_modules', 'package.json', 'server.js'])
  assert.deepEqual(readdirSync(join(into, 'lib')).sort(), ['.git', 'b.node'])
  assert.deepEqual(release.nativeAddons, ['lib/b.node'])
})

test('a copy inside the folder does not copy itself', t => {
  const { dir, copy } = application(t)
  const { into } = copy({ into: join(dir, 'copy') })
  assert.deepEqual(readdirSync(into).sort(), ['node_modules', 'package.json', 'server.js'])
})

describe('the hash', () => {
  const hashOf = (t: TestContext, change: (dir: string) => void = () => undefined) => {
    const { dir, copy } = application(t)
    change(dir)
    return copy().release.sha256
  }

  test('is the same for the same content', t => assert.equal(hashOf(t), hashOf(t)))

  const changes: Record<string, (dir: string) => void> = {
    content: dir => writeFileSync(join(dir, 'server.js'), 'y'),
    'an executable bit': dir => chmodSync(join(dir, 'server.js'), 0o755),
    'a name': dir => writeFileSync(join(dir, 'server.mjs'), ''),
    'a link': dir => symlinkSync('server.js', join(dir, 'link')),
  }
  for (const [what, change] of Object.entries(changes)) {
    test(`changes with ${what}`, t => assert.notEqual(hashOf(t, change), hashOf(t)))
  }
})

describe('links', () => {
  test('inside are made again, relative', t => {
    const { dir, copy } = application(t)
    mkdirSync(join(dir, 'node_modules/.bin'))
    symlinkSync('../a/index.js', join(dir, 'node_modules/.bin/a'))
    symlinkSync(join(dir, 'node_modules/a'), join(dir, 'node_modules/absolute'))
    symlinkSync('.', join(dir, 'node_modules/self'))
    symlinkSync('user@host:1', join(dir, 'lock'))
    const { into, release } = copy()
    assert.equal(readlinkSync(join(into, 'node_modules/.bin/a')), '../a/index.js')
    assert.equal(readlinkSync(join(into, 'node_modules/absolute')), 'a')
    assert.equal(readlinkSync(join(into, 'node_modules/self')), '.')
    assert.equal(readlinkSync(join(into, 'lock')), 'user@host:1')
    assert.equal(release.files, 7)
  })

  test('to outside are replaced by what they lead to', t => {
    const { folder, dir, copy } = application(t)
    write(folder, { 'workspace/lib/index.js': 'w', 'workspace/lib/package.json': '{}', 'single.js': 's' })
    symlinkSync('../../workspace/lib', join(dir, 'node_modules/lib'))
    symlinkSync('../single.js', join(dir, 'single.js'))
    symlinkSync(join(dir, 'node_modules/a'), join(folder, 'workspace/lib/back'))
    const { into } = copy()
    assert.ok(lstatSync(join(into, 'node_modules/lib')).isDirectory())
    assert.equal(readFileSync(join(into, 'node_modules/lib/index.js'), 'utf8'), 'w')
    assert.ok(lstatSync(join(into, 'single.js')).isFile())
    assert.equal(readlinkSync(join(into, 'node_modules/lib/back')), '../a')
  })

  test('to outside that lead in a circle are refused', t => {
    const { folder, dir, copy } = application(t)
    write(folder, { 'a/x': '', 'b/x': '' })
    symlinkSync('../b', join(folder, 'a/b'))
    symlinkSync('../a', join(folder, 'b/a'))
    symlinkSync('../a', join(dir, 'a'))
    assert.throws(copy, error => assertError(error, 'invalid_release', dir, '"a/b/a"', 'circle'))
    assert.deepEqual(readdirSync(folder).sort(), ['a', 'app', 'b'])
  })

  test('to nothing outside are refused', t => {
    const { folder, dir, copy } = application(t)
    symlinkSync('../gone', join(dir, 'gone'))
    assert.throws(copy, error => assertError(error, 'invalid_release', dir, '"gone"', '"../gone"'))
    assert.deepEqual(readdirSync(folder), ['app'])
  })
})

describe('a folder that cannot be used is refused', () => {
  test('without an entry', t => {
    const { folder, dir, copy } = application(t, { 'package.json': packageJson() })
    assert.throws(copy, error => assertError(error, 'invalid_release', dir, 'Set "main"'))
    assert.deepEqual(readdirSync(folder), ['app'])
  })

  test('over the limits', t => {
    const { folder, copy } = application(t)
    assert.throws(
      () => copy({ limits: { maxEntries: 3 } }),
      error => assertError(error, 'invalid_release', 'limit of 3'),
    )
    assert.throws(
      () => copy({ limits: { maxBytes: 9 } }),
      error => assertError(error, 'invalid_release', 'limit of 9'),
    )
    assert.deepEqual(readdirSync(folder), ['app'])
  })

  test('that is not there', t => {
    const { copy } = application(t)
    const dir = join(temporaryFolder(t), 'nowhere')
    assert.throws(
      () => copy({ dir }),
      error => assertError(error, 'release_not_found', dir, 'ENOENT'),
    )
  })

  test('when the copy is there already', t => {
    const { folder, copy } = application(t)
    write(folder, { 'into/mine': '' })
    assert.throws(copy, error => assertError(error, 'extract_failed', 'exists already'))
    assert.deepEqual(readdirSync(join(folder, 'into')), ['mine'])
  })
})
