import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { unpackRelease } from '../../src/release/unpack.ts'
import { application, entry, longPath, pax, tar } from '../support/tar-bytes.ts'
import { assertError, assertRefused, unpacking } from './unpack-support.ts'

const file = (path: string) => entry({ path, content: 'x' })
const _link = (path: string, linkpath: string) => entry({ path, type: '2', linkpath })
const _hardLink = (path: string, linkpath: string) => entry({ path, type: '1', linkpath })

describe('an entry that would be written outside is refused', () => {
  for (const path of [
    '/tmp/evil',
    'package/../../evil',
    '..',
    '../evil',
    'package/a/..',
    'C:\\evil',
    '..\\evil',
    '\\evil',
  ]) {
    test(JSON.stringify(path), async t => {
      await assertRefused(t, tar(...application(), file(path)), JSON.stringify(path))
    })
  }

  test('by its extended header', async t => {
    const hidden = [pax({ path: '../evil' }), file('package/harmless.js')]
    await assertRefused(t, tar(...application(), ...hidden), '"../evil"', '".."')
  })

  test('by a GNU long path', async t => {
    await assertRefused(
      t,
      tar(...application(), longPath('/evil'), file('package/x')),
      '"/evil"',
      'absolute path',
    )
  })

  test('with a NUL character in its path', async t => {
    await assertRefused(t, tar(...application(), pax({ path: 'package/a\0b' }), file('x')), 'NUL character')
  })
})

describe('what is no file, folder or link is refused', () => {
  const kinds = {
    3: 'character device',
    4: 'block device',
    6: 'named pipe',
    S: 'SparseFile',
    Z: 'Unsupported',
  }
  for (const [type, name] of Object.entries(kinds)) {
    test(name, async t => {
      const says = name === 'SparseFile' ? 'sparse file' : name
      await assertRefused(
        t,
        tar(...application(), entry({ path: 'package/odd', type })),
        '"package/odd"',
        says,
      )
    })
  }

  test('a sparse file of the new format', async t => {
    await assertRefused(
      t,
      tar(...application(), pax({ 'GNU.sparse.major': '1' }), file('package/x')),
      'sparse files',
    )
  })
})

describe('permission bits', () => {
  for (const [name, mode] of Object.entries({ setuid: 0o4755, setgid: 0o2755, sticky: 0o1755 })) {
    test(`${name} is refused`, async t => {
      await assertRefused(
        t,
        tar(...application(), entry({ path: 'package/tool', mode })),
        '"package/tool"',
        name,
      )
    })
  }

  test('setgid of a folder is refused', async t => {
    const bytes = tar(...application(), entry({ path: 'package/dir/', type: '5', mode: 0o2755 }))
    await assertRefused(t, bytes, '"package/dir/"', 'setgid')
  })
})

describe('ambiguity is refused', () => {
  test('the same path twice', async t => {
    await assertRefused(
      t,
      tar(...application(), file('package/x'), file('package/x')),
      '"package/x"',
      'twice',
    )
  })

  test('the same path, written differently', async t => {
    await assertRefused(
      t,
      tar(...application(), file('package/x'), file('./package//x')),
      '"./package//x"',
      'twice',
    )
  })

  test('a global header that renames', async t => {
    await assertRefused(
      t,
      tar(pax({ path: 'package/y' }, { global: true }), ...application()),
      'global header',
    )
  })

  test('a malformed extended header', async t => {
    const malformed = entry({ path: 'PaxHeader', type: 'x', content: '99 path=x\n' })
    await assertRefused(
      t,
      tar(...application(), malformed, file('package/x')),
      'extended header is malformed',
    )
  })

  test('a size that is no number', async t => {
    await assertRefused(t, tar(...application(), pax({ size: '-1' }), file('package/x')), 'size "-1"')
  })

  test('an extended header larger than any name', async t => {
    const huge = pax({ comment: 'x'.repeat(1024 * 1024) })
    await assertRefused(t, tar(...application(), huge, file('package/x')), 'extended header of')
  })

  test('a path longer than any', async t => {
    await assertRefused(
      t,
      tar(...application(), longPath('a/'.repeat(3000)), file('x')),
      'a path of 6000 characters',
    )
  })

  test('a name longer than any', async t => {
    const long = (name: string) => tar(...application(), longPath(`package/${name}/b`), file('x'))
    await assertRefused(t, long('é'.repeat(128)), 'a name of 256 bytes')
    await unpacking(t, long('é'.repeat(127))).run()
  })
})

describe('too much is refused while it is read', () => {
  const limits = { maxBytes: 100_000, maxEntries: 20 }

  test('a size over the limit, before anything of it is written', async t => {
    const bytes = Buffer.concat([...application(), entry({ path: 'package/big', size: 2_000_000_000 })])
    const { folder, run } = unpacking(t, bytes, { limits })
    await assert.rejects(run, error => assertError(error, 'invalid_release', 'limit of 100000 bytes'))
    assert.deepEqual(readdirSync(folder), ['release.tgz'])
  })

  test('a decompression bomb', async t => {
    const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    const bytes = Buffer.concat([gzipSync(tar(...application())), ...Array.from({ length: 40 }, () => zeros)])
    let read = 0
    const onProgress = (progress: { read: number }) => {
      read = progress.read
    }
    const { folder, run } = unpacking(t, bytes, { limits, onProgress })
    await assert.rejects(run, error => assertError(error, 'invalid_release', 'limit of 100000 bytes'))
    assert.ok(read < bytes.length / 2, `${read} of ${bytes.length} bytes were read`)
    assert.deepEqual(readdirSync(folder), ['release.tgz'])
  })

  test('many files', async t => {
    const files = Array.from({ length: 30 }, (_, index) => file(`package/${index}`))
    const { folder, run } = unpacking(t, gzipSync(tar(...application(), ...files)), { limits })
    await assert.rejects(run, error => assertError(error, 'invalid_release', 'limit of 20 files'))
    assert.deepEqual(readdirSync(folder), ['release.tgz'])
  })

  test('many folders in one path', async t => {
    const { run } = unpacking(t, tar(...application(), file(`package/${'a/'.repeat(30)}x`)), { limits })
    await assert.rejects(run, error => assertError(error, 'invalid_release', 'limit of 20 files'))
  })
})

describe('files that are in the way stay', () => {
  test('where the release should go', async t => {
    const { into, run } = unpacking(t, tar(...application()))
    mkdirSync(into)
    writeFileSync(join(into, 'mine'), '')
    await assert.rejects(run, error => assertError(error, 'extract_failed', into, 'exists already'))
    assert.deepEqual(readdirSync(into), ['mine'])
  })

  test('where it cannot be written', async t => {
    const { archive, folder } = unpacking(t, tar(...application()))
    const into = join(archive, 'below-a-file')
    await assert.rejects(unpackRelease({ archive, into }), error =>
      assertError(error, 'extract_failed', into, 'ENOTDIR'),
    )
    assert.ok(existsSync(archive))
    assert.deepEqual(readdirSync(folder), ['release.tgz'])
  })
})
