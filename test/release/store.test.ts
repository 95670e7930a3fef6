import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { HISTORY_LENGTH, openStore } from '../../src/release/store.ts'
import type { HistoryEntry } from '../../src/rpc/contracts.ts'
import { bring, factsOf, switchThrough, writeApplication } from './store-support.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const NONE: ReadonlySet<string> = new Set()

async function open(t: TestContext, keepReleases = 3) {
  const stateDir = join(temporaryFolder(t), 'state')
  const reopen = () => openStore(stateDir, { keepReleases })
  return { stateDir, store: await reopen(), reopen }
}

const versions = (releases: { version: string }[]) => releases.map(({ version }) => version).sort()

test('a new store has nothing, in folders that only its owner can read', async t => {
  const { stateDir, store } = await open(t)
  assert.equal(store.current(), null)
  assert.equal(store.previous(), null)
  assert.equal(store.seed(), null)
  assert.deepEqual(store.list(), [])
  assert.deepEqual(store.history(), [])
  assert.equal(statSync(stateDir).mode & 0o777, 0o700)
  assert.equal(statSync(join(stateDir, 'releases')).mode & 0o777, 0o700)
})

describe('adopt', () => {
  test('takes over what was unpacked', async t => {
    const { stateDir, store, reopen } = await open(t)
    const release = await bring(store, '1.0.0', 'a')
    const dir = join(stateDir, 'releases/1.0.0-aaaaaaaaaaaa')
    assert.deepEqual(release, {
      id: '1.0.0-aaaaaaaaaaaa',
      name: 'demo',
      version: '1.0.0',
      entry: 'index.js',
      dir,
    })
    assert.ok(existsSync(join(dir, 'index.js')))
    assert.deepEqual(store.get(release.id), release)
    assert.equal(store.current(), null)
    assert.deepEqual((await reopen()).list(), [release])
  })

  test('returns the release that is there already', async t => {
    const { stateDir, store } = await open(t)
    const first = await bring(store, '1.0.0', 'a')
    writeFileSync(join(first.dir, 'mark'), '')
    assert.deepEqual(await bring(store, '1.0.0', 'a'), first)
    assert.ok(existsSync(join(first.dir, 'mark')))
    assert.deepEqual(readdirSync(join(stateDir, 'releases')), [first.id])
  })

  test('tells releases of the same version apart by their hash', async t => {
    const { store } = await open(t)
    const [a, b] = [await bring(store, '1.0.0', 'a'), await bring(store, '1.0.0', 'b')]
    assert.notEqual(a.id, b.id)
  })

  test('puts back what somebody removed', async t => {
    const { store } = await open(t)
    const { dir } = await bring(store, '1.0.0')
    rmSync(dir, { recursive: true })
    await bring(store, '1.0.0')
    assert.ok(existsSync(join(dir, 'index.js')))
  })

  for (const version of ['../../evil', '1/2', '', '.', 'a\0b', 'x'.repeat(200)]) {
    test(`refuses the version ${JSON.stringify(version.slice(0, 20))}`, async t => {
      const { store } = await open(t)
      const staging = store.newStaging()
      mkdirSync(staging)
      await assert.rejects(store.adopt(staging, factsOf(version, 'a')), error =>
        assertError(error, 'invalid_release', 'version'),
      )
    })
  }

  test('leaves nothing when it fails', async t => {
    const { stateDir, store } = await open(t)
    const missing = store.newStaging()
    await assert.rejects(store.adopt(missing, factsOf('1.0.0', 'a')), error =>
      assertError(error, 'extract_failed', stateDir, 'ENOENT'),
    )
    assert.deepEqual(readdirSync(join(stateDir, 'releases')), [])
    assert.deepEqual(store.list(), [])
  })
})

test('discard removes what was unpacked, or was being so', async t => {
  const { stateDir, store } = await open(t)
  const staging = store.newStaging()
  mkdirSync(`${staging}/x`, { recursive: true })
  mkdirSync(`${staging}.part/x`, { recursive: true })
  await store.discard(staging)
  assert.deepEqual(readdirSync(join(stateDir, 'releases')), [])
})

describe('current and previous', () => {
  test('follow the switches', async t => {
    const { stateDir, store, reopen } = await open(t)
    const [one, two, three] = await switchThrough(store, '1.0.0', '2.0.0', '3.0.0')
    for (const it of [store, await reopen()]) {
      assert.deepEqual(it.current(), three)
      assert.deepEqual(it.previous(), two)
    }
    assert.equal(readlinkSync(join(stateDir, 'current')), `releases/${three?.id}`)
    await store.setCurrentBack()
    assert.deepEqual([store.current(), store.previous()], [two, one])
    assert.equal(readlinkSync(join(stateDir, 'current')), `releases/${two?.id}`)
    await store.setCurrentBack()
    assert.deepEqual([store.current(), store.previous()], [one, null])
  })

  test('going back from the only one is no_previous_release', async t => {
    const { stateDir, store } = await open(t)
    await switchThrough(store, '1.0.0')
    await assert.rejects(store.setCurrentBack(), error => assertError(error, 'no_previous_release', stateDir))
    assert.equal(store.current()?.version, '1.0.0')
  })

  test('a switch to the current one changes nothing', async t => {
    const { store } = await open(t)
    await switchThrough(store, '1.0.0', '2.0.0', '2.0.0')
    assert.equal(store.previous()?.version, '1.0.0')
  })

  test('a switch to an older one takes it out of its former place', async t => {
    const { store } = await open(t)
    await switchThrough(store, '1.0.0', '2.0.0', '1.0.0')
    assert.deepEqual([store.current()?.version, store.previous()?.version], ['1.0.0', '2.0.0'])
    await store.setCurrentBack()
    assert.deepEqual([store.current()?.version, store.previous()], ['2.0.0', null])
  })

  test('a switch to what is not there is refused', async t => {
    const { store } = await open(t)
    await switchThrough(store, '1.0.0')
    await assert.rejects(store.setCurrent('9.9.9-aaaaaaaaaaaa'), /there is no release 9\.9\.9/)
    assert.equal(store.current()?.version, '1.0.0')
  })
})

describe('dropUncommitted', () => {
  test('removes what an upgrade brought', async t => {
    const { stateDir, store } = await open(t)
    const [one] = await switchThrough(store, '1.0.0')
    const { id } = await bring(store, '2.0.0')
    await store.dropUncommitted(id)
    assert.deepEqual(readdirSync(join(stateDir, 'releases')), [one?.id])
    assert.equal(store.get(id), null)
  })

  test('removes it after a switch that was undone', async t => {
    const { store } = await open(t)
    const [, two] = await switchThrough(store, '1.0.0', '2.0.0')
    await store.setCurrentBack()
    await store.dropUncommitted(two?.id ?? '')
    assert.deepEqual(versions(store.list()), ['1.0.0'])
  })

  test('keeps what is current or before it', async t => {
    const { store } = await open(t)
    const releases = await switchThrough(store, '1.0.0', '2.0.0')
    for (const { id } of releases) await store.dropUncommitted(id)
    assert.deepEqual(versions(store.list()), ['1.0.0', '2.0.0'])
  })

  test('keeps what was there before', async t => {
    const { store, reopen } = await open(t)
    await switchThrough(store, '1.0.0', '2.0.0')
    await store.setCurrentBack()
    const again = await bring(store, '2.0.0')
    await store.dropUncommitted(again.id)
    assert.deepEqual(versions(store.list()), ['1.0.0', '2.0.0'])
    const later = await reopen()
    await later.dropUncommitted(again.id)
    assert.deepEqual(versions(later.list()), ['1.0.0', '2.0.0'])
  })
})

describe('prune', () => {
  test('keeps the newest', async t => {
    const { stateDir, store, reopen } = await open(t, 3)
    await switchThrough(store, '1.0.0', '2.0.0', '3.0.0', '4.0.0', '5.0.0')
    await store.prune(NONE)
    assert.deepEqual(versions(store.list()), ['3.0.0', '4.0.0', '5.0.0'])
    assert.deepEqual(versions((await reopen()).list()), ['3.0.0', '4.0.0', '5.0.0'])
    assert.equal(readdirSync(join(stateDir, 'releases')).length, 3)
  })

  test('never removes current and previous', async t => {
    const { store } = await open(t, 1)
    await switchThrough(store, '1.0.0', '2.0.0', '3.0.0')
    await store.prune(NONE)
    assert.deepEqual(versions(store.list()), ['2.0.0', '3.0.0'])
    await store.setCurrentBack()
    await store.prune(NONE)
    assert.deepEqual(versions(store.list()), ['2.0.0'])
  })

  test('never removes what is protected', async t => {
    const { store } = await open(t, 1)
    const [one] = await switchThrough(store, '1.0.0', '2.0.0', '3.0.0', '4.0.0')
    await store.prune(new Set([one?.id ?? '']))
    assert.deepEqual(versions(store.list()), ['1.0.0', '3.0.0', '4.0.0'])
  })

  test('never removes what is on its way to become current', async t => {
    const { store } = await open(t, 1)
    await switchThrough(store, '1.0.0', '2.0.0')
    const { id } = await bring(store, '3.0.0')
    await store.prune(NONE)
    await store.setCurrent(id)
    assert.deepEqual(versions(store.list()), ['1.0.0', '2.0.0', '3.0.0'])
    const old = await bring(store, '1.0.0')
    await store.prune(NONE)
    assert.deepEqual(store.get(old.id), old)
  })

  test('prefers what was current to what was gone back from', async t => {
    const { store } = await open(t, 3)
    await switchThrough(store, '1.0.0', '2.0.0', '3.0.0', '4.0.0')
    await store.setCurrentBack()
    await store.prune(NONE)
    assert.deepEqual(versions(store.list()), ['1.0.0', '2.0.0', '3.0.0'])
  })

  test('prefers what was adopted last among those that were never current', async t => {
    const { store, reopen } = await open(t, 4)
    await switchThrough(store, '1.0.0', '2.0.0')
    for (const version of ['3.0.0', '5.0.0', '4.0.0']) await bring(store, version)
    const later = await reopen()
    assert.deepEqual(
      later.list().map(({ version }) => version),
      ['4.0.0', '5.0.0', '3.0.0', '2.0.0', '1.0.0'],
    )
    await later.prune(NONE)
    assert.deepEqual(versions(later.list()), ['1.0.0', '2.0.0', '4.0.0', '5.0.0'])
  })

  test('is not stopped by what somebody removed', async t => {
    const { store } = await open(t, 2)
    const [one] = await switchThrough(store, '1.0.0', '2.0.0', '3.0.0')
    rmSync(one?.dir ?? '', { recursive: true })
    await store.prune(NONE)
    assert.deepEqual(versions(store.list()), ['2.0.0', '3.0.0'])
  })
})

describe('a release in place', () => {
  test('is current, is never removed, and is forgotten in the end', async t => {
    const { stateDir, store, reopen } = await open(t, 2)
    const dir = join(temporaryFolder(t), 'app')
    writeApplication(dir, '0.9.0')
    const release = { id: '0.9.0-cccccccccccc', name: 'demo', version: '0.9.0', entry: 'index.js', dir }
    await store.registerInPlace(release)
    await store.setCurrent(release.id)
    assert.equal(readlinkSync(join(stateDir, 'current')), dir)
    assert.deepEqual((await reopen()).current(), release)
    await switchThrough(store, '1.0.0')
    assert.deepEqual(store.previous(), release)
    await switchThrough(store, '2.0.0')
    await store.prune(NONE)
    assert.deepEqual(versions(store.list()), ['1.0.0', '2.0.0'])
    assert.ok(existsSync(join(dir, 'index.js')))
  })

  test('is not current when its folder is gone', async t => {
    const { store, reopen } = await open(t)
    await switchThrough(store, '1.0.0')
    const dir = join(temporaryFolder(t), 'app')
    writeApplication(dir, '2.0.0')
    await store.registerInPlace({
      id: '2.0.0-cccccccccccc',
      name: 'demo',
      version: '2.0.0',
      entry: 'index.js',
      dir,
    })
    await store.setCurrent('2.0.0-cccccccccccc')
    rmSync(dir, { recursive: true })
    assert.equal((await reopen()).current()?.version, '1.0.0')
  })
})

describe('seed and history', () => {
  const happened = (to: string): HistoryEntry => ({
    at: '2026-01-02T03:04:05.678Z',
    action: 'upgrade',
    from: null,
    to,
    outcome: 'failed',
    code: 'peer_start_failed',
    message: 'it did not listen',
    durationMs: 12,
  })

  test('are kept', async t => {
    const { store, reopen } = await open(t)
    await store.setSeed('abc')
    await store.appendHistory(happened('x'))
    const later = await reopen()
    assert.equal(later.seed(), 'abc')
    assert.deepEqual(later.history(), [happened('x')])
  })

  test('history keeps the newest', async t => {
    const { store } = await open(t)
    for (let number = 0; number < HISTORY_LENGTH + 5; number += 1)
      await store.appendHistory(happened(`${number}`))
    assert.equal(store.history().length, HISTORY_LENGTH)
    assert.equal(store.history()[0]?.to, '5')
    assert.equal(store.history().at(-1)?.to, `${HISTORY_LENGTH + 4}`)
  })

  test('changes at the same time all arrive', async t => {
    const { store, reopen } = await open(t)
    const changes = Array.from({ length: 20 }, (_, number) => store.appendHistory(happened(`${number}`)))
    await Promise.all([...changes, store.setSeed('abc'), switchThrough(store, '1.0.0')])
    const later = await reopen()
    assert.deepEqual(
      later.history().map(({ to }) => to),
      Array.from({ length: 20 }, (_, number) => `${number}`),
    )
    assert.equal(later.seed(), 'abc')
    assert.equal(later.current()?.version, '1.0.0')
  })

  test('a failed change does not stop the next', async t => {
    const { store } = await open(t)
    const failed = store.setCurrent('1.0.0-aaaaaaaaaaaa')
    await Promise.all([assert.rejects(failed), store.setSeed('abc')])
    assert.equal(store.seed(), 'abc')
  })
})

test('a state folder that cannot be made is extract_failed', async t => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  const stateDir = join(file, 'state')
  await assert.rejects(openStore(stateDir, { keepReleases: 3 }), error =>
    assertError(error, 'extract_failed', stateDir, 'ENOTDIR', 'permissions'),
  )
  assert.equal(readFileSync(file, 'utf8'), '')
})
