import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { unpackRelease } from '../../src/release/unpack.ts'
import { application, END, entry, tar } from '../support/tar-bytes.ts'
import { assertError, assertRefused, temporaryFolder, unpacking } from './unpack-support.ts'

const whole = tar(...application(), entry({ path: 'package/data', content: randomBytes(200_000) }))
const checksummed = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

describe('a truncated archive is refused', () => {
  for (const [name, bytes] of Object.entries({ gzip: gzipSync(whole), zstd: zstdCompressSync(whole) })) {
    for (const part of [0.001, 0.5, 0.999]) {
      test(`${name}, after ${part} of it`, async t => {
        await assertRefused(t, bytes.subarray(0, Math.ceil(bytes.length * part)), 'cut off')
      })
    }
    test(`${name}, of a tar that was truncated before`, async t => {
      const tarBytes = whole.subarray(0, 100_000)
      await assertRefused(
        t,
        name === 'gzip' ? gzipSync(tarBytes) : zstdCompressSync(tarBytes),
        'package/data',
      )
    })
  }

  test('tar, in the middle of an entry', async t => {
    await assertRefused(t, whole.subarray(0, 100_000), '"package/data"', 'cut off in the middle')
  })

  test('tar, in the middle of a header', async t => {
    await assertRefused(t, Buffer.concat([...application(), Buffer.alloc(100)]), 'mark of its end is missing')
  })

  test('tar, between two entries', async t => {
    await assertRefused(t, Buffer.concat(application()), 'mark of its end is missing')
  })
})

describe('a damaged archive is refused', () => {
  test('a changed byte under gzip', async t => {
    const bytes = gzipSync(whole)
    bytes[100_000] = (bytes[100_000] ?? 0) ^ 0xff
    await assertRefused(t, bytes, 'damaged or cut off')
  })

  test('a changed byte under Zstandard with a checksum', async t => {
    const bytes = zstdCompressSync(whole, checksummed)
    bytes[100_000] = (bytes[100_000] ?? 0) ^ 0xff
    await assertRefused(t, bytes, 'damaged or cut off')
  })

  test('something else behind the gzip data', async t => {
    await assertRefused(
      t,
      Buffer.concat([gzipSync(whole), Buffer.from('something else')]),
      'damaged or cut off',
    )
  })

  test('a header whose checksum is wrong', async t => {
    await assertRefused(t, tar(...application(), entry({ path: 'package/x', checksum: 1 })), 'checksum')
  })

  test('an empty block between entries', async t => {
    await assertRefused(
      t,
      tar(...application(), Buffer.alloc(512), entry({ path: 'package/x' })),
      'empty block',
    )
  })
})

describe('what is no archive is refused', () => {
  const strangers = {
    'an empty file': Buffer.alloc(0),
    'a text': Buffer.from('Not an archive at all.\n'.repeat(100)),
    'a short text': Buffer.from('hello'),
    'a zip file': Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(2000, 7)]),
    'random bytes': randomBytes(5000).fill(1, 0, 4),
    'compressed text': gzipSync('Not an archive at all.\n'.repeat(100)),
  }
  for (const [name, bytes] of Object.entries(strangers)) test(name, t => assertRefused(t, bytes))

  test('a folder', async t => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'dir'))
    const run = unpackRelease({ archive: join(folder, 'dir'), into: join(folder, 'into') })
    await assert.rejects(run, error =>
      assertError(error, 'invalid_release', join(folder, 'dir'), 'is a folder'),
    )
    assert.deepEqual(readdirSync(folder), ['dir'])
  })

  test('an archive of nothing', async t => assertRefused(t, END, 'no package.json'))
})

test('a file that is not there is release_not_found', async t => {
  const folder = temporaryFolder(t)
  const archive = join(folder, 'nowhere.tgz')
  await assert.rejects(unpackRelease({ archive, into: join(folder, 'into') }), error => {
    assertError(error, 'release_not_found', archive, 'ENOENT', 'Check the path')
    return (error as { phase?: string }).phase === 'validate'
  })
  assert.deepEqual(readdirSync(folder), [])
})

test('reading stops when it is aborted', async t => {
  const abort = new AbortController()
  const { folder, run } = unpacking(t, gzipSync(whole), {
    signal: abort.signal,
    onProgress: () => abort.abort(),
  })
  await assert.rejects(run, error => assertError(error, 'extract_failed', 'aborted'))
  assert.deepEqual(readdirSync(folder), ['release.tgz'])
})
