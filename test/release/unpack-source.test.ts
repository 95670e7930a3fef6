import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { unpackSource } from '../../src/release/unpack-source.ts'
import { application, entry, packageJson, tar } from '../support/tar-bytes.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

/** A state folder with `releases/` in it, beside what is to be unpacked. */
function place(t: TestContext) {
  const folder = temporaryFolder(t)
  const releases = join(folder, 'state/releases')
  mkdirSync(releases, { recursive: true })
  return { folder, releases, into: join(releases, '.staging-1') }
}

test('an archive is unpacked', async t => {
  const { folder, into } = place(t)
  const source = join(folder, 'app.tgz')
  writeFileSync(source, tar(...application()))
  const { name, version, entry, files, ...rest } = await unpackSource({ source, into })
  assert.deepEqual(
    { name, version, entry, files },
    { name: 'demo', version: '1.2.3', entry: 'index.js', files: 2 },
  )
  assert.deepEqual(Object.keys(rest).sort(), ['bytes', 'sha256'])
  assert.deepEqual(readdirSync(into).sort(), ['index.js', 'package.json'])
})

test('a folder is copied, without the state folder that is inside it', async t => {
  const { folder, into } = place(t)
  writeFileSync(join(folder, 'package.json'), packageJson())
  writeFileSync(join(folder, 'server.js'), 'x')
  const { entry } = await unpackSource({ source: folder, into })
  assert.equal(entry, 'server.js')
  assert.deepEqual(readdirSync(into).sort(), ['package.json', 'server.js'])
})

test('nothing stays of an archive with native addons for another host', async t => {
  const { folder, releases, into } = place(t)
  const source = join(folder, 'app.tgz')
  const foreign = Buffer.alloc(100)
  foreign.write('MZ')
  foreign.writeUInt32LE(64, 0x3c)
  foreign.write('PE\0\0', 64)
  writeFileSync(source, tar(...application(), entry({ path: 'package/x.node', content: foreign })))
  await assert.rejects(unpackSource({ source, into }), error =>
    assertError(error, 'incompatible_runtime', 'x.node'),
  )
  assert.deepEqual(readdirSync(releases), [])
})

test('a source that is not there is release_not_found', async t => {
  const { folder, releases, into } = place(t)
  const source = join(folder, 'gone.tgz')
  await assert.rejects(unpackSource({ source, into }), error =>
    assertError(error, 'release_not_found', source),
  )
  assert.deepEqual(readdirSync(releases), [])
})
