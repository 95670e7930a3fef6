import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { openStore } from '../../src/release/store.ts'
import { assertChecked, assertTrusted } from '../../src/release/trust.ts'
import { bring } from './store-support.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const [A, B] = ['a'.repeat(16), 'b'.repeat(16)]
const keys = (...ids: string[]) => ids.map(id => ({ id, spki: '' }))

async function open(t: TestContext) {
  const stateDir = join(temporaryFolder(t), 'app')
  const reopen = () => openStore(stateDir, { keepReleases: 3 })
  return { stateDir, store: await reopen(), reopen }
}

describe('with which key a release was checked', () => {
  test('is kept', async t => {
    const { store, reopen } = await open(t)
    const release = await bring(store, '1.0.0', 'a', { verifiedBy: A })
    assert.equal(release.verifiedBy, A)
    assert.deepEqual((await reopen()).list(), [release])
  })

  test('is noted when the same comes once more, signed, or signed with another key', async t => {
    const { store, reopen } = await open(t)
    const { dir } = await bring(store, '1.0.0')
    writeFileSync(join(dir, 'mark'), '')
    for (const verifiedBy of [A, B])
      assert.equal((await bring(store, '1.0.0', 'a', { verifiedBy })).verifiedBy, verifiedBy)
    // Not asked for does not undo it.
    assert.equal((await bring(store, '1.0.0')).verifiedBy, B)
    assert.deepEqual(
      (await reopen()).list().map(({ verifiedBy }) => verifiedBy),
      [B],
    )
    assert.ok(existsSync(join(dir, 'mark')))
  })

  test('is lost with state.json, and files of which nothing is known are not taken for what was checked', async t => {
    const { stateDir, store, reopen } = await open(t)
    const release = await bring(store, '1.0.0', 'a', { verifiedBy: A })
    await store.setCurrent(release.id)
    rmSync(join(stateDir, 'state.json'))
    writeFileSync(join(release.dir, 'mark'), '')
    const again = await reopen()
    assert.equal(again.current()?.verifiedBy, undefined)
    assert.deepEqual(await bring(again, '1.0.0', 'a', { verifiedBy: A }), release)
    assert.deepEqual(again.current(), release)
    assert.equal(existsSync(join(release.dir, 'mark')), false)
  })
})

test('what is trusted', () => {
  const release = { id: '1', name: 'shop', version: '1.0.0', dir: '/x', entry: 'x.js' }
  const refused = (call: () => void, ...says: string[]) =>
    assert.throws(call, error => assertError(error, 'untrusted_release', ...says))
  assertTrusted(release, [])
  assertTrusted({ ...release, verifiedBy: B }, keys(A, B))
  refused(() => assertTrusted(release, keys(A)), 'shop 1.0.0', 'was not checked when it came')
  refused(() => assertTrusted({ ...release, verifiedBy: B }, keys(A)), `key ${B}`, `not trusted now (${A})`)
  assertChecked('app.tgz', {}, [])
  assertChecked('app.tgz', { verifiedBy: A }, keys(A))
  refused(() => assertChecked('app.tgz', {}, keys(A)), 'app.tgz', 'was not checked when it was unpacked')
})
