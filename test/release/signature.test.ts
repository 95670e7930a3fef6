import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { checkSignature } from '../../src/release/check-signature.ts'
import { signArchive } from '../../src/release/sign-archive.ts'
import { unpackRelease } from '../../src/release/unpack.ts'
import { newKeys } from '../support/signing.ts'
import { application, entry, tar } from '../support/tar-bytes.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const content = tar(...application(), entry({ path: 'package/data', content: randomBytes(3000) }))
const FORMATS = {
  tgz: { bytes: gzipSync(content), trailer: 197 },
  tar: { bytes: content, trailer: 512 },
  'tar.zst': { bytes: zstdCompressSync(content), trailer: 179 },
}

function archiveOf(t: TestContext, ending: string, bytes: Buffer): string {
  const file = join(temporaryFolder(t), `app.${ending}`)
  writeFileSync(file, bytes)
  return file
}

const has = (tool: string) =>
  (process.env.PATH ?? '').split(':').some(folder => existsSync(join(folder, tool)))

for (const [ending, { bytes, trailer }] of Object.entries(FORMATS)) {
  describe(ending, () => {
    test('a signature adds to the end, and changes neither content nor identity', async t => {
      const keys = newKeys(t)
      const file = archiveOf(t, ending, bytes)
      const result = signArchive(file, keys.signing)
      const after = readFileSync(file)
      assert.deepEqual(after.subarray(0, bytes.length), bytes)
      assert.equal(after.length, bytes.length + trailer)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      assert.deepEqual(result, { file, sha256, signedBy: keys.keyId, bytes: after.length })
      assert.deepEqual(checkSignature(file, [keys.trusted]), { sha256, verifiedBy: keys.keyId })
      const unpacked = await unpackRelease({ archive: file, into: `${file}-out` })
      assert.equal(unpacked.sha256, sha256)
    })

    test('tar, its compressor and Node.js read it as ever', t => {
      const file = archiveOf(t, ending, bytes)
      signArchive(file, newKeys(t).signing)
      const silent = { encoding: 'utf8', stdio: 'pipe' } as const
      const names = execFileSync('tar', ['tf', file, ...(ending === 'tar.zst' ? ['--zstd'] : [])], silent)
      assert.deepEqual(names.split('\n').filter(Boolean), [
        'package/package.json',
        'package/index.js',
        'package/data',
      ])
      if (ending === 'tgz') {
        execFileSync('gzip', ['-t', file], silent)
        assert.deepEqual(gunzipSync(readFileSync(file)), content)
      }
      if (ending === 'tar.zst') {
        if (has('zstd')) execFileSync('zstd', ['-q', '-t', file], silent)
        assert.deepEqual(zstdDecompressSync(readFileSync(file)), content)
      }
    })

    test('signing again makes the same bytes, and with another key replaces the signature', t => {
      const [first, second] = [newKeys(t), newKeys(t)]
      const file = archiveOf(t, ending, bytes)
      signArchive(file, first.signing)
      const once = readFileSync(file)
      signArchive(file, first.signing)
      assert.deepEqual(readFileSync(file), once)
      const { sha256 } = signArchive(file, second.signing)
      assert.equal(statSync(file).size, once.length)
      assert.deepEqual(checkSignature(file, [first.trusted, second.trusted]), {
        sha256,
        verifiedBy: second.keyId,
      })
      assert.throws(
        () => checkSignature(file, [first.trusted]),
        error => assertError(error, 'untrusted_release', file, first.keyId, second.keyId),
      )
    })

    test('no byte of the signature can be another, and nothing of it missing', t => {
      const keys = newKeys(t)
      const file = archiveOf(t, ending, bytes)
      signArchive(file, keys.signing)
      const whole = readFileSync(file)
      for (let at = bytes.length; at < whole.length; at += 1) {
        for (const bit of [1, 0x80]) {
          const altered = Buffer.from(whole)
          altered[at] = (altered[at] ?? 0) ^ bit
          writeFileSync(file, altered)
          assertUntrusted(file)
        }
      }
      for (let length = bytes.length; length < whole.length; length += 1) {
        writeFileSync(file, whole.subarray(0, length))
        assertUntrusted(file)
      }
      writeFileSync(file, whole)
      checkSignature(file, [keys.trusted])

      function assertUntrusted(file: string) {
        assert.throws(
          () => checkSignature(file, [keys.trusted]),
          error => assertError(error, 'untrusted_release', file),
        )
      }
    })

    test('content that was altered, taken away or added to is refused', t => {
      const keys = newKeys(t)
      const file = archiveOf(t, ending, bytes)
      signArchive(file, keys.signing)
      const whole = readFileSync(file)
      const altered = Buffer.from(whole)
      altered[600] = (altered[600] ?? 0) ^ 1
      const cases: [Buffer, RegExp][] = [
        [altered, /its content is not what the key/],
        [Buffer.concat([whole.subarray(0, 600), whole.subarray(601)]), /its content is not what the key/],
        [
          Buffer.concat([bytes, Buffer.alloc(512), whole.subarray(bytes.length)]),
          /its content is not what the key/,
        ],
        [Buffer.concat([whole, Buffer.alloc(1)]), /does not stand at its end/],
        [Buffer.concat([whole, bytes]), /it is not signed/],
        [bytes, /it is not signed/],
      ]
      for (const [changed, says] of cases) {
        writeFileSync(file, changed)
        assert.throws(
          () => checkSignature(file, [keys.trusted]),
          error => assertError(error, 'untrusted_release', says),
        )
      }
    })

    test('a signature of a later version is told apart from a damaged one', t => {
      const keys = newKeys(t)
      const file = archiveOf(t, ending, bytes)
      signArchive(file, keys.signing)
      const later = readFileSync(file).toString('latin1').replace('signature v1\n', 'signature v2\n')
      writeFileSync(file, later, 'latin1')
      assert.throws(
        () => checkSignature(file, [keys.trusted]),
        error => assertError(error, 'untrusted_release', 'version 2', 'reads version 1'),
      )
    })
  })
}

test('the signature of one format does not count behind another', t => {
  const keys = newKeys(t)
  const zst = archiveOf(t, 'tar.zst', FORMATS['tar.zst'].bytes)
  signArchive(zst, keys.signing)
  const trailer = readFileSync(zst).subarray(FORMATS['tar.zst'].bytes.length)
  const file = archiveOf(t, 'tgz', Buffer.concat([FORMATS.tgz.bytes, trailer]))
  assert.throws(
    () => checkSignature(file, [keys.trusted]),
    error => assertError(error, 'untrusted_release', 'damaged'),
  )
})

test('a signature of one archive does not count behind another', t => {
  const keys = newKeys(t)
  const other = archiveOf(t, 'tar', tar(...application()))
  signArchive(other, keys.signing)
  const file = archiveOf(t, 'tar', Buffer.concat([content, readFileSync(other).subarray(-512)]))
  assert.throws(
    () => checkSignature(file, [keys.trusted]),
    error => assertError(error, 'untrusted_release', 'its content is not what the key'),
  )
})

test('an archive from before signatures and one that npm has packed are unsigned, not damaged', t => {
  const keys = newKeys(t)
  for (const [ending, { bytes }] of Object.entries(FORMATS)) {
    assert.throws(
      () => checkSignature(archiveOf(t, ending, bytes), [keys.trusted]),
      error => assertError(error, 'untrusted_release', 'it is not signed', keys.keyId),
    )
  }
})

test('npm installs a signed archive', t => {
  const keys = newKeys(t)
  for (const ending of ['tgz', 'tar'] as const) {
    const file = archiveOf(t, ending, FORMATS[ending].bytes)
    signArchive(file, keys.signing)
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'package.json'), '{}')
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', file], {
      cwd: folder,
      stdio: 'pipe',
    })
    assert.equal(readFileSync(join(folder, 'node_modules/demo/index.js'), 'utf8'), 'console.log(1)\n')
  }
})

test('openssl comes to the same result', { skip: !has('openssl') }, t => {
  const keys = newKeys(t)
  const file = archiveOf(t, 'tar', content)
  const { sha256 } = signArchive(file, keys.signing)
  const folder = temporaryFolder(t)
  const [, , value = ''] = readFileSync(file).subarray(content.length).toString('latin1').split('\n')
  writeFileSync(join(folder, 'text'), `beam-deploy signature v1\n${sha256}\n`)
  writeFileSync(join(folder, 'signature'), Buffer.from(value, 'hex'))
  const args = ['pkeyutl', '-verify', '-pubin', '-inkey', keys.publicKey, '-rawin']
  const files = ['-in', join(folder, 'text'), '-sigfile', join(folder, 'signature')]
  assert.match(execFileSync('openssl', [...args, ...files], { encoding: 'utf8' }), /Verified Successfully/)
})
