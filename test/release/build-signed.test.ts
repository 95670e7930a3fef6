import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkSignature } from '../../src/release/check-signature.ts'
import { newKeys } from '../support/signing.ts'
import { build, layOut, listArchive, type Tree } from './build-support.ts'

const APP: Tree = {
  'package.json': { name: 'my-app', version: '1.2.3', main: 'server.js' },
  'server.js': 'console.log(1)\n',
}

test('a build that is signed is the same each time, and without its signature what it is unsigned', async t => {
  const dir = await layOut(t, APP)
  const { signing, trusted, keyId } = newKeys(t)
  for (const ending of ['tgz', 'tar.gz', 'tar', 'tar.zst']) {
    const out = (name: string) => join(dirname(dir), `${name}.${ending}`)
    const plain = await build(dir, { out: out('plain') })
    const first = await build(dir, { out: out('first'), sign: signing })
    const second = await build(dir, { out: out('second'), sign: signing })
    const bytes = await readFile(first.file)
    assert.deepEqual(bytes, await readFile(second.file), ending)
    assert.deepEqual(bytes.subarray(0, plain.bytes), await readFile(plain.file), ending)
    assert.deepEqual(
      [first.bytes, first.sha256, first.signedBy, plain.signedBy],
      [bytes.length, plain.sha256, keyId, undefined],
    )
    assert.deepEqual(checkSignature(first.file, [trusted]), { sha256: plain.sha256, verifiedBy: keyId })
    if (ending !== 'tar.zst') assert.deepEqual(await listArchive(first.file), await listArchive(plain.file))
  }
})

test('a private key that would be a file of the release is refused, wherever it lies', async t => {
  const dir = await layOut(t, { ...APP, 'config/a.txt': '' })
  const { privateKey, signing } = newKeys(t)
  for (const path of ['beam-deploy.key', 'config/secret.txt']) {
    const copy = join(dir, path)
    copyFileSync(privateKey, copy)
    await assert.rejects(build(dir, { sign: signing }), {
      code: 'build_failed',
      message: new RegExp(`private key would be a file of the release \\(${path}\\)`),
    })
    assert.deepEqual(await readdir(dirname(dir)), ['app'])
    copyFileSync(join(dir, 'server.js'), copy)
  }
  await build(dir, { sign: signing })
})
