import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { unpackRelease } from '../../src/release/unpack.ts'
import { application, entry, longPath, packageJson, pax, tar } from '../support/tar-bytes.ts'
import { assertRefused, temporaryFolder, unpacking } from './unpack-support.ts'

const file = (path: string, content = 'x') => entry({ path, content })
const link = (path: string, linkpath: string) => entry({ path, type: '2', linkpath })

describe('formats', () => {
  const bytes = tar(...application())
  const formats = {
    'tar.gz': gzipSync(bytes),
    'tar.gz in two members': Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]),
    tar: bytes,
    'tar.zst': zstdCompressSync(bytes),
  }
  for (const [name, archive] of Object.entries(formats)) {
    test(name, async t => {
      const { folder, into, run } = unpacking(t, archive)
      assert.deepEqual(await run(), {
        name: 'demo',
        version: '1.2.3',
        entry: 'index.js',
        sha256: createHash('sha256').update(archive).digest('hex'),
        nativeAddons: [],
        files: 2,
        bytes: Buffer.byteLength(packageJson()) + 15,
      })
      assert.deepEqual(readdirSync(folder).sort(), ['into', 'release.tgz'])
      assert.deepEqual(readdirSync(into).sort(), ['index.js', 'package.json'])
      assert.equal(readFileSync(join(into, 'index.js'), 'utf8'), 'console.log(1)\n')
    })
  }

  test('zeros after the end belong to the hash', async t => {
    const archive = Buffer.concat([gzipSync(bytes), Buffer.alloc(600_000)])
    const { run } = unpacking(t, archive)
    assert.equal((await run()).sha256, createHash('sha256').update(archive).digest('hex'))
  })
})

describe('the top folder', () => {
  for (const top of ['package/', 'my-app-1.2.3/', './', '', './package/']) {
    test(JSON.stringify(top), async t => {
      const { into, run } = unpacking(t, tar(...application(top), file(`${top}lib/a.js`)))
      await run()
      assert.deepEqual(readdirSync(into).sort(), ['index.js', 'lib', 'package.json'])
    })
  }

  test('stays when there is a package.json beside it', async t => {
    const { into, run } = unpacking(t, tar(file('node_modules/a/package.json'), ...application('')))
    await run()
    assert.deepEqual(readdirSync(into).sort(), ['index.js', 'node_modules', 'package.json'])
  })

  test('as its own entry', async t => {
    const { into, run } = unpacking(
      t,
      tar(entry({ path: 'package/', type: '5', mode: 0o700 }), ...application()),
    )
    await run()
    assert.equal(statSync(into).mode & 0o777, 0o755)
  })

  test('two of them are no release', async t => {
    await assertRefused(t, tar(...application(), file('other/x')), 'no package.json')
  })

  test('node_modules alone is no release', async t => {
    await assertRefused(t, tar(file('node_modules/a/package.json')), 'no package.json')
  })
})

describe('files', () => {
  test('keep their executable bit and nothing else of their mode', async t => {
    const modes = { 'package/a': 0o666, 'package/b': 0o600, 'package/c': 0o711, 'package/d': 0o777 }
    const files = Object.entries(modes).map(([path, mode]) => entry({ path, mode, content: 'x' }))
    const folder = entry({ path: 'package/dir/', type: '5', mode: 0o700 })
    const { into, run } = unpacking(t, tar(...application(), ...files, folder))
    await run()
    const modeOf = (path: string) => (statSync(join(into, path)).mode & 0o7777).toString(8)
    assert.deepEqual(['a', 'b', 'c', 'd', 'dir', '.'].map(modeOf), ['644', '644', '755', '755', '755', '755'])
  })

  test('have these modes under any umask', async t => {
    const { folder, archive } = unpacking(
      t,
      tar(...application(), entry({ path: 'package/bin/x', mode: 0o755 })),
    )
    const module = JSON.stringify(new URL('../../src/release/unpack.ts', import.meta.url).href)
    const into = join(folder, 'restricted')
    const program = `process.umask(0o077)
      const { unpackRelease } = await import(${module})
      await unpackRelease(${JSON.stringify({ archive, into })})`
    execFileSync(process.execPath, ['--input-type=module', '--eval', program])
    const modeOf = (path: string) => (statSync(join(into, path)).mode & 0o777).toString(8)
    assert.deepEqual(['.', 'package.json', 'bin', 'bin/x'].map(modeOf), ['755', '644', '755', '755'])
  })

  test('may be empty, large, or deep, and have long names', async t => {
    const large = randomBytes(3_000_001)
    const long = `package/${'long-name/'.repeat(30)}file.js`
    const longer = `package/${'x'.repeat(120)}.js`
    const entries = [
      entry({ path: 'package/empty' }),
      entry({ path: 'package/large', content: large }),
      ...[pax({ path: long }), file('package/short', 'by pax')],
      ...[longPath(longer), file('package/short', 'by GNU')],
      ...[
        pax({ path: 'package/ünïcode.js', mtime: '1.5', 'LIBARCHIVE.creationtime': '3' }),
        file('package/short'),
      ],
      ...[pax({ path: 'package/new\nline=.js' }), file('package/short')],
    ]
    const { into, run } = unpacking(t, gzipSync(tar(...application(), ...entries)))
    const { files } = await run()
    assert.equal(files, 8)
    assert.equal(statSync(join(into, 'empty')).size, 0)
    assert.ok(readFileSync(join(into, 'large')).equals(large))
    assert.equal(readFileSync(join(into, long.slice(8)), 'utf8'), 'by pax')
    assert.equal(readFileSync(join(into, longer.slice(8)), 'utf8'), 'by GNU')
    assert.ok(readdirSync(into).includes('ünïcode.js'))
    assert.ok(readdirSync(into).includes('new\nline=.js'))
  })

  test('are found whatever pieces the archive comes in', async t => {
    // Random content does not compress: pieces of the input end in the middle of headers.
    const files = Array.from({ length: 40 }, (_, index) =>
      entry({ path: `package/${index}`, content: randomBytes(index * 1201) }),
    )
    const { into, run } = unpacking(t, tar(...application(), ...files))
    await run()
    for (let index = 0; index < 40; index += 1)
      assert.equal(statSync(join(into, `${index}`)).size, index * 1201)
  })

  test('a comment of git is passed over', async t => {
    const { run } = unpacking(t, tar(pax({ comment: 'a'.repeat(40) }, { global: true }), ...application()))
    assert.equal((await run()).name, 'demo')
  })
})

describe('links inside the release', () => {
  test('symbolic ones are kept as they are', async t => {
    const entries = [
      link('package/node_modules/.bin/tool', '../tool/cli.js'),
      file('package/node_modules/tool/cli.js'),
      link('package/node_modules/workspace', '../packages/a'),
      file('package/packages/a/cli.js'),
      link('package/node_modules/.bin/other', '../workspace/cli.js'),
      link('package/packages/a/root', '../..'),
      link('package/dangling', 'not/there'),
    ]
    const { into, run } = unpacking(t, tar(...application(), ...entries))
    assert.equal((await run()).files, 9)
    assert.equal(readlinkSync(join(into, 'node_modules/.bin/tool')), '../tool/cli.js')
    assert.equal(readFileSync(join(into, 'node_modules/.bin/other'), 'utf8'), 'x')
    assert.ok(lstatSync(join(into, 'dangling')).isSymbolicLink())
  })

  test('hard ones are made', async t => {
    const hard = entry({ path: 'package/same', type: '1', linkpath: 'package/index.js' })
    const { into, run } = unpacking(t, tar(...application(), hard))
    await run()
    assert.equal(readFileSync(join(into, 'same'), 'utf8'), 'console.log(1)\n')
  })
})

test('native addons are listed', async t => {
  const addons = ['package/node_modules/b/b.node', 'package/node_modules/a/build/Release/a.node'].map(path =>
    file(path),
  )
  const folder = entry({ path: 'package/folder.node/', type: '5' })
  const { run } = unpacking(t, tar(...application(), ...addons, folder))
  assert.deepEqual((await run()).nativeAddons, [
    'node_modules/a/build/Release/a.node',
    'node_modules/b/b.node',
  ])
})

test('progress ends with all bytes and files', async t => {
  const archive = gzipSync(tar(...application()))
  const seen: unknown[] = []
  await unpacking(t, archive, { onProgress: progress => seen.push(progress) }).run()
  assert.deepEqual(seen, [{ read: archive.length, total: archive.length, files: 0 }])
})

test('an application with 2 000 files comes out as the system tar brings it out', async t => {
  const folder = temporaryFolder(t)
  const source = join(folder, 'source/package')
  mkdirSync(source, { recursive: true })
  writeFileSync(join(source, 'package.json'), packageJson({ main: 'lib/0/0.js' }))
  for (let dir = 0; dir < 50; dir += 1) {
    mkdirSync(join(source, `lib/${dir}`), { recursive: true })
    for (let name = 0; name < 40; name += 1) {
      writeFileSync(join(source, `lib/${dir}/${name}.js`), randomBytes((dir * 97 + name * 13) % 9000), {
        mode: name % 7 === 0 ? 0o755 : 0o644,
      })
    }
  }
  const archive = join(folder, 'app.tgz')
  const into = join(folder, 'into')
  execFileSync('tar', ['-czf', archive, '-C', join(folder, 'source'), 'package'])
  const { files, entry } = await unpackRelease({ archive, into })
  assert.deepEqual({ files, entry }, { files: 2001, entry: 'lib/0/0.js' })
  execFileSync('diff', ['-r', source, into])
  assert.equal(statSync(join(into, 'lib/3/7.js')).mode & 0o777, 0o755)
})
