import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Manifest } from '../../src/release/manifest.ts'
import { currentRuntime } from '../../src/release/runtime.ts'
import { entry, packageJson, tar } from '../support/tar-bytes.ts'
import { assertRefused, unpacking } from './unpack-support.ts'

const CONTENT = { 'index.js': 'one', 'lib/two.js': 'two', 'package.json': packageJson({ main: 'index.js' }) }

/** The manifest of CONTENT. */
function manifestWith(changes: object = {}): Manifest {
  const files = Object.fromEntries(
    Object.entries(CONTENT).map(([path, text]) => [path, createHash('sha256').update(text).digest('hex')]),
  )
  return {
    manifestVersion: 1,
    name: 'demo',
    version: '1.2.3',
    entry: 'lib/two.js',
    runtime: currentRuntime(),
    nativeAddons: [],
    files,
    ...changes,
  }
}

const archiveOf = (manifest: unknown, content: Record<string, string> = CONTENT) =>
  tar(
    ...Object.entries(content).map(([path, text]) => entry({ path: `package/${path}`, content: text })),
    entry({
      path: 'package/.beam-deploy/manifest.json',
      content: typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    }),
  )

test('the entry is that of the manifest', async t => {
  const manifest = manifestWith()
  const release = await unpacking(t, archiveOf(manifest)).run()
  assert.equal(release.entry, 'lib/two.js')
  assert.deepEqual(release.manifest, manifest)
})

test('keys of later versions are passed over', async t => {
  const release = await unpacking(t, archiveOf(manifestWith({ sourceCommit: 'abc' }))).run()
  assert.equal(release.entry, 'lib/two.js')
})

/** As the first version wrote it. Do not change: later versions must read it. */
const FIRST_MANIFEST = `{
  "manifestVersion": 1,
  "name": "demo",
  "version": "1.2.3",
  "entry": "index.js",
  "runtime": { "nodeMajor": 24, "abi": "137", "platform": "linux", "arch": "x64", "libc": "glibc" },
  "nativeAddons": [],
  "files": {
    "index.js": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
    "package.json": "95bf75aca23eb844b5773ea100c2cd802aa202ea8ea966ddfe81c9c2a1769f85"
  }
}`

test('a manifest of the first version is read', async t => {
  const content = { 'index.js': 'one', 'package.json': '{"name":"demo","version":"1.2.3"}' }
  const { manifest } = await unpacking(t, archiveOf(FIRST_MANIFEST, content)).run()
  assert.equal(manifest?.runtime.abi, '137')
})

describe('files and manifest must agree', () => {
  test('also a file that comes in many pieces', async t => {
    const big = 'x'.repeat(1_000_000)
    const files = { ...manifestWith().files, 'big.txt': createHash('sha256').update(big).digest('hex') }
    const content = { ...CONTENT, 'big.txt': big }
    assert.equal((await unpacking(t, archiveOf(manifestWith({ files }), content)).run()).files, 5)
    const changed = { ...CONTENT, 'big.txt': `${big.slice(1)}y` }
    await assertRefused(t, archiveOf(manifestWith({ files }), changed), '"big.txt"', 'differs')
  })

  test('a changed file', async t => {
    const archive = archiveOf(manifestWith(), { ...CONTENT, 'lib/two.js': 'changed' })
    await assertRefused(t, archive, '"lib/two.js"', 'differs from its manifest')
  })

  test('a missing file', async t => {
    const { 'index.js': _, ...content } = CONTENT
    await assertRefused(t, archiveOf(manifestWith(), content), '"index.js"', 'missing')
  })

  test('a file too many', async t => {
    await assertRefused(
      t,
      archiveOf(manifestWith(), { ...CONTENT, 'evil.js': '' }),
      '"evil.js"',
      'not in its manifest',
    )
  })

  test('a hard link counts as a file', async t => {
    const archive = archiveOf(manifestWith())
    const hard = entry({ path: 'package/hard.js', type: '1', linkpath: 'package/index.js' })
    await assertRefused(t, tar(archive.subarray(0, -1024), hard), '"hard.js"', 'not in its manifest')
  })

  test('another version in package.json', async t => {
    await assertRefused(t, archiveOf(manifestWith({ version: '2.0.0' })), 'demo 2.0.0', 'demo 1.2.3')
  })

  test('another file in our folder', async t => {
    const archive = archiveOf(manifestWith(), { ...CONTENT, '.beam-deploy/hook.js': '' })
    await assertRefused(t, archive, '".beam-deploy/hook.js"')
  })

  test('a file in our folder and no manifest', async t => {
    const stray = entry({ path: 'package/.beam-deploy/state.json' })
    await assertRefused(
      t,
      tar(entry({ path: 'package/package.json', content: packageJson() }), stray),
      'state.json',
    )
  })

  test('a link in the place of the manifest', async t => {
    const link = entry({ path: 'package/.beam-deploy/manifest.json', type: '2', linkpath: '../package.json' })
    const files = entry({ path: 'package/package.json', content: packageJson() })
    await assertRefused(t, tar(files, link), 'manifest.json')
  })
})

describe('a manifest that cannot be used is refused', () => {
  test('of a newer format', async t => {
    await assertRefused(
      t,
      archiveOf(manifestWith({ manifestVersion: 2 })),
      'version 2',
      'up to 1',
      'Update beam-deploy',
    )
  })

  test('no JSON', t => assertRefused(t, archiveOf('{'), 'manifest.json', 'not JSON'))
  test('no object', t => assertRefused(t, archiveOf('[]'), 'manifest.json', 'not a JSON object'))

  const wrong = {
    manifestVersion: ['1', 0, undefined],
    name: ['', 7],
    version: [null],
    entry: ['../index.js', '/index.js', '', './index.js'],
    runtime: [null, {}, { ...currentRuntime(), libc: 'other' }],
    nativeAddons: ['x', [1], ['../x']],
    files: [[], { '../x': 'a'.repeat(64) }, { x: 'short' }],
  }
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      test(`"${key}" ${JSON.stringify(value)}`, async t => {
        await assertRefused(t, archiveOf(manifestWith({ [key]: value })), `"${key}"`)
      })
    }
  }

  test('an addon that is none of its files', async t => {
    await assertRefused(t, archiveOf(manifestWith({ nativeAddons: ['x.node'] })), '"x.node"')
  })

  test('an entry that is none of its files', async t => {
    await assertRefused(t, archiveOf(manifestWith({ entry: 'three.js' })), '"three.js"')
  })
})
