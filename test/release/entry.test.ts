import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { readPackage, resolveEntry } from '../../src/release/entry.ts'
import { refusalsOf } from '../../src/release/refusal.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const refuse = refusalsOf('the app')

function folderWith(t: TestContext, ...paths: string[]): string {
  const folder = temporaryFolder(t)
  for (const path of paths) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
  return folder
}

describe('the entry', () => {
  const cases: [name: string, main: string | null, files: string[], entry: string][] = [
    ['is what main names', 'lib/app.js', ['lib/app.js', 'index.js'], 'lib/app.js'],
    ['is found with ./', './lib/app.js', ['lib/app.js'], 'lib/app.js'],
    ['is found with an extension added', 'lib/app', ['lib/app.js', 'lib/app.ts'], 'lib/app.js'],
    ['is found with an extension of modules added', 'app', ['app.mjs'], 'app.mjs'],
    ['is found with an extension of TypeScript added', 'src/app', ['src/app.ts'], 'src/app.ts'],
    ['is the index of the folder that main names', 'lib', ['lib/index.cjs'], 'lib/index.cjs'],
    ['is the index of the folder that main names with a slash', 'lib/', ['lib/index.js'], 'lib/index.js'],
    ['is the index when main names the root', '.', ['index.mjs'], 'index.mjs'],
    ['is a file rather than a folder of that name', 'app', ['app.js', 'app/index.js'], 'app.js'],
    ['is index.js without a main', null, ['index.js', 'server.js'], 'index.js'],
    ['is an index of another kind rather than a server', null, ['index.ts', 'server.js'], 'index.ts'],
    ['is server.js without any index', null, ['server.js', 'app.js'], 'server.js'],
    ['is server.mts without anything else', null, ['server.mts'], 'server.mts'],
  ]
  for (const [name, main, files, entry] of cases) {
    test(name, t => assert.equal(resolveEntry(folderWith(t, ...files), main, refuse), entry))
  }

  test('may be a link inside the release', t => {
    const folder = folderWith(t, 'lib/app.js')
    symlinkSync('lib/app.js', join(folder, 'index.js'))
    assert.equal(resolveEntry(folder, null, refuse), 'index.js')
  })

  test('is not a link to outside', t => {
    const folder = folderWith(t)
    symlinkSync(join(folderWith(t, 'app.js'), 'app.js'), join(folder, 'index.js'))
    assert.throws(
      () => resolveEntry(folder, null, refuse),
      error => assertError(error, 'invalid_release', 'Set "main"'),
    )
  })

  test('that main names and is not there is refused, even with an index.js', t => {
    const folder = folderWith(t, 'index.js')
    const run = () => resolveEntry(folder, 'dist/app.js', refuse)
    assert.throws(run, error =>
      assertError(error, 'invalid_release', 'the app', '"dist/app.js"', 'no such file'),
    )
  })

  test('that is a folder without an index is refused', t => {
    const folder = folderWith(t, 'lib/other.js')
    assert.throws(
      () => resolveEntry(folder, 'lib', refuse),
      error => assertError(error, 'invalid_release', '"lib"'),
    )
  })

  for (const main of ['../app.js', '/app.js', 'lib/../../app.js']) {
    test(`${main} is refused`, t => {
      const run = () => resolveEntry(folderWith(t, 'index.js'), main, refuse)
      assert.throws(run, error => assertError(error, 'invalid_release', main, 'Set "main"'))
    })
  }

  test('must be', t => {
    const run = () => resolveEntry(folderWith(t, 'app.js', 'index.json'), null, refuse)
    assert.throws(run, error =>
      assertError(error, 'invalid_release', 'the app', 'Set "main" in package.json'),
    )
  })
})

describe('package.json', () => {
  function packageWith(t: TestContext, text: string): string {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'package.json'), text)
    return folder
  }

  test('gives name, version and main', t => {
    const folder = packageWith(t, '\uFEFF{"name":"@scope/app","version":"1.0.0-rc.1+5","main":"a.js"}')
    assert.deepEqual(readPackage(folder, refuse), {
      name: '@scope/app',
      version: '1.0.0-rc.1+5',
      main: 'a.js',
    })
  })

  test('is needed', t => {
    const run = () => readPackage(temporaryFolder(t), refuse)
    assert.throws(run, error => assertError(error, 'invalid_release', 'no package.json'))
  })

  const wrong: [json: string, says: string][] = [
    ['{', 'cannot be read'],
    ['null', 'cannot be read'],
    ['{"version":"1.0.0"}', 'Set "name"'],
    ['{"name":"../x","version":"1.0.0"}', 'Set "name"'],
    ['{"name":"a/b/c","version":"1.0.0"}', 'Set "name"'],
    ['{"name":"x"}', 'Set "version"'],
    ['{"name":"x","version":"../1"}', 'Set "version"'],
    ['{"name":"x","version":".."}', 'Set "version"'],
    ['{"name":"x","version":1}', 'Set "version"'],
  ]
  for (const [json, says] of wrong) {
    test(`${json} is refused`, t => {
      assert.throws(
        () => readPackage(packageWith(t, json), refuse),
        error => assertError(error, 'invalid_release', 'the app', says),
      )
    })
  }
})
