import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { UNPACK } from '../../src/programs.ts'
import { unpackRelease } from '../../src/release/unpack.ts'
import { unpackInChild } from '../../src/release/unpack-in-child.ts'
import { unpackSource } from '../../src/release/unpack-source.ts'
import { newKeys, signed } from '../support/signing.ts'
import { application, END, entry, packageJson, tar } from '../support/tar-bytes.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const BIG = entry({ path: 'package/big', content: Buffer.alloc(2_000_000, 'a') })

/** Runs when it is unpacked, and says so beside it. */
const configText = (mark: string) => `import { writeFileSync } from 'node:fs'
  writeFileSync(${JSON.stringify(mark)}, '')
  export default {}`
const config = (mark: string) => entry({ path: 'package/beam-deploy.config.mjs', content: configText(mark) })

function place(t: TestContext) {
  const folder = temporaryFolder(t)
  const releases = join(folder, 'state/releases')
  mkdirSync(releases, { recursive: true })
  const [source, mark] = [join(folder, 'app.tar'), join(folder, 'was-run')]
  writeFileSync(source, tar(...application(), config(mark), BIG))
  return { folder, releases, source, mark, into: join(releases, '.staging-1') }
}

test('a signed archive is unpacked, and is what it is without its signature', async t => {
  const { source, into } = place(t)
  const keys = newKeys(t)
  const { sha256 } = await unpackSource({ source, into: `${into}-before` })
  signed(source, keys)
  const verify = [newKeys(t).trusted, keys.trusted]
  const unpacked = await unpackSource({ source, into, verify })
  assert.deepEqual([unpacked.sha256, unpacked.verifiedBy], [sha256, keys.keyId])
  const child = await unpackInChild({ source, into: `${into}-child`, verify }, { program: UNPACK })
  assert.deepEqual(child, unpacked)
})

test('where nobody asks who has signed it, nothing is said of that', async t => {
  const { source, into } = place(t)
  signed(source, newKeys(t))
  assert.equal('verifiedBy' in (await unpackSource({ source, into })), false)
})

test('nothing of an unsigned archive is written, and nothing of it run', async t => {
  const { folder, releases, source, into } = place(t)
  const before = readdirSync(folder)
  const { trusted, keyId } = newKeys(t)
  const onProgress = () => assert.fail('it is being unpacked')
  const run = unpackSource({ source, into, verify: [trusted] }, { onProgress })
  await assert.rejects(run, error =>
    assertError(error, 'untrusted_release', source, 'it is not signed', keyId),
  )
  assert.deepEqual([readdirSync(releases), readdirSync(folder)], [[], before])
})

test('a folder is refused, with what to do', async t => {
  const { folder, releases, into } = place(t)
  const source = join(folder, 'app')
  mkdirSync(source)
  writeFileSync(join(source, 'package.json'), packageJson())
  writeFileSync(join(source, 'index.js'), '')
  await assert.rejects(unpackSource({ source, into, verify: [newKeys(t).trusted] }), error =>
    assertError(error, 'untrusted_release', source, 'it is a folder', 'release --sign'),
  )
  assert.deepEqual(readdirSync(releases), [])
})

test('what is not there, and what is no archive, is what it is without keys', async t => {
  const { source, into } = place(t)
  const verify = [newKeys(t).trusted]
  await assert.rejects(unpackSource({ source: `${source}-gone`, into, verify }), error =>
    assertError(error, 'release_not_found', source, 'ENOENT'),
  )
  writeFileSync(source, 'hello')
  await assert.rejects(unpackSource({ source, into, verify }), error =>
    assertError(error, 'invalid_release', source, 'not an archive'),
  )
})

test('a signed archive that is hostile is refused as ever', async t => {
  const { releases, source, into } = place(t)
  writeFileSync(source, tar(...application(), entry({ path: '../evil' })))
  const keys = newKeys(t)
  signed(source, keys)
  await assert.rejects(unpackSource({ source, into, verify: [keys.trusted] }), error =>
    assertError(error, 'invalid_release', '"../evil"'),
  )
  assert.deepEqual(readdirSync(releases), [])
})

test('an archive that is changed between check and unpacking is refused, and nothing of it stays or is run', async t => {
  const { folder, releases, source, mark, into } = place(t)
  const keys = newKeys(t)
  signed(source, keys)
  const before = readdirSync(folder)
  const bytes = readFileSync(source)
  // In the part that has not been read when this runs, and such that the archive stays one.
  bytes.fill('b', 1_000_000, 1_000_010)
  let isChanged = false
  const onProgress = () => {
    if (isChanged) return
    isChanged = true
    writeFileSync(source, bytes)
  }
  await assert.rejects(unpackSource({ source, into, verify: [keys.trusted] }, { onProgress }), error =>
    assertError(error, 'untrusted_release', source, 'changed after its signature had been checked'),
  )
  assert.deepEqual([readdirSync(releases), readdirSync(folder)], [[], before])
  assert.equal(existsSync(mark), false)
})

test('what is written over the signature between check and unpacking is not read', async t => {
  const { source, releases, into } = place(t)
  // Signed without the mark of its end: what stands behind it would be read on.
  const content = Buffer.concat([...application(), BIG])
  writeFileSync(source, content)
  const keys = newKeys(t)
  signed(source, keys)
  let isChanged = false
  const onProgress = () => {
    if (isChanged) return
    isChanged = true
    writeFileSync(source, Buffer.concat([content, entry({ path: 'package/index.mjs' }), END]))
  }
  await assert.rejects(unpackSource({ source, into, verify: [keys.trusted] }, { onProgress }), error =>
    assertError(error, 'invalid_release', 'cut off'),
  )
  assert.deepEqual(readdirSync(releases), [])
})

/** Has `swap` done in the moment between check and unpacking: when the archive is closed for the first time. */
function afterCheck(t: TestContext, swap: () => void): void {
  const { closeSync } = fs
  const undo = () => {
    fs.closeSync = closeSync
    syncBuiltinESMExports()
  }
  t.after(undo)
  fs.closeSync = fd => {
    closeSync(fd)
    undo()
    swap()
  }
  syncBuiltinESMExports()
}

for (const [what, code, says] of [
  ['another archive', 'untrusted_release', 'changed after its signature had been checked'],
  ['a folder', 'invalid_release', 'it is a folder'],
] as const) {
  test(`${what} in the place of the one that was checked is refused, and nothing of it run`, async t => {
    const { folder, releases, source, mark, into } = place(t)
    const keys = newKeys(t)
    const evil = join(folder, 'evil')
    if (what === 'a folder') {
      mkdirSync(evil)
      writeFileSync(join(evil, 'package.json'), packageJson())
      writeFileSync(join(evil, 'index.js'), '')
      writeFileSync(join(evil, 'beam-deploy.config.mjs'), configText(mark))
    } else {
      writeFileSync(evil, tar(...application(), config(mark)))
    }
    signed(source, keys)
    afterCheck(t, () => {
      rmSync(source)
      renameSync(evil, source)
    })
    await assert.rejects(unpackSource({ source, into, verify: [keys.trusted] }), error =>
      assertError(error, code, source, says),
    )
    assert.equal(existsSync(evil), false)
    assert.deepEqual([readdirSync(releases), existsSync(mark)], [[], false])
  })
}

test('a pipe that takes the place of an archive while it is opened is not waited for', async t => {
  const { releases, source, into } = place(t)
  const { statSync } = fs
  const look = (path: string) => {
    const found = statSync(path)
    if (path === source && found.isFile()) {
      rmSync(source)
      execFileSync('mkfifo', [source])
    }
    return found
  }
  const looks = t.mock.method(fs, 'statSync', look as typeof statSync)
  t.after(() => {
    looks.mock.restore()
    syncBuiltinESMExports()
  })
  syncBuiltinESMExports()
  await assert.rejects(unpackRelease({ archive: source, into }), error =>
    assertError(error, 'invalid_release', source, 'it is not a file'),
  )
  assert.deepEqual(readdirSync(releases), [])
})
