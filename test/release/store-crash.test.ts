import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openStore, type Store } from '../../src/release/store.ts'
import { nodeFs } from '../../src/release/store-fs.ts'
import { bring, crashingFs, switchThrough, writeApplication } from './store-support.ts'
import { temporaryFolder } from './unpack-support.ts'

const keepReleases = 2

interface Scenario {
  /** What the state folder is before. */
  before(store: Store, folder: string): Promise<unknown>
  /** What is interrupted at every operation in turn. */
  action(store: Store, folder: string): Promise<unknown>
  /** What may be current afterwards; `null` for none. */
  allowed: (string | null)[]
  finally: string
}

/**
 * Interrupts `action` before each of its operations, opens the folder again as the next process does, and looks whether it is
 * whole; then lets `action` run to its end on what the crash left.
 */
async function crashEverywhere(
  t: TestContext,
  { before, action, allowed, ...scenario }: Scenario,
): Promise<void> {
  const folder = temporaryFolder(t)
  const template = join(folder, 'template')
  await before(await openStore(template, { keepReleases }), folder)
  const seen = new Set<string | null>()
  for (let at = 0; ; at += 1) {
    const stateDir = join(folder, `state-${at}`)
    cpSync(template, stateDir, { recursive: true, verbatimSymlinks: true })
    const { fs, crashed } = crashingFs(at)
    const failed = await openStore(stateDir, { keepReleases, fs })
      .then(store => action(store, folder))
      .then(
        () => false,
        () => true,
      )
    assert.equal(failed, crashed(), `operation ${at}`)
    seen.add(await assertWhole(stateDir, allowed, `crash at operation ${at}`))
    if (!failed) {
      assert.ok(at > 10, 'there was something to interrupt')
      break
    }
    await action(await openStore(stateDir, { keepReleases }), folder)
    assert.equal(
      await assertWhole(stateDir, [scenario.finally], `after a crash at operation ${at}`),
      scenario.finally,
    )
  }
  assert.deepEqual([...seen].sort(), allowed.toSorted(), 'both outcomes were met')
}

async function assertWhole(
  stateDir: string,
  allowed: (string | null)[],
  when: string,
): Promise<string | null> {
  const store = await openStore(stateDir, { keepReleases })
  const current = store.current()
  assert.ok(allowed.includes(current?.version ?? null), `${when}: current is ${current?.version}`)
  for (const release of store.list()) {
    assert.ok(existsSync(join(release.dir, release.entry)), `${when}: ${release.id} is not whole`)
  }
  if (current) {
    assert.equal(realpathSync(join(stateDir, 'current')), realpathSync(current.dir), when)
    assert.match(readFileSync(join(current.dir, 'index.js'), 'utf8'), new RegExp(current.version))
  }
  const stored = store.list().filter(({ dir }) => dir.startsWith(stateDir))
  assert.deepEqual(readdirSync(join(stateDir, 'releases')).sort(), stored.map(({ id }) => id).sort(), when)
  const own = readdirSync(stateDir).filter(name => name !== 'current')
  assert.deepEqual(own.sort(), own.includes('state.json') ? ['releases', 'state.json'] : ['releases'], when)
  return current?.version ?? null
}

test('a crash during an upgrade leaves the old or the new release', t =>
  crashEverywhere(t, {
    before: store => switchThrough(store, '1.0.0'),
    action: store => switchThrough(store, '2.0.0'),
    allowed: ['1.0.0', '2.0.0'],
    finally: '2.0.0',
  }))

test('a crash during an upgrade that also removes old releases does too', t =>
  crashEverywhere(t, {
    before: store => switchThrough(store, '1.0.0', '2.0.0', '3.0.0', '4.0.0'),
    action: async store => {
      await switchThrough(store, '5.0.0')
      await store.prune(new Set())
    },
    allowed: ['4.0.0', '5.0.0'],
    finally: '5.0.0',
  }))

test('a crash during a rollback leaves the old or the new release', t =>
  crashEverywhere(t, {
    before: store => switchThrough(store, '1.0.0', '2.0.0'),
    action: async store => {
      if (store.current()?.version === '2.0.0') await store.setCurrentBack()
      await store.appendHistory({
        at: '',
        action: 'rollback',
        from: null,
        to: null,
        outcome: 'succeeded',
        durationMs: 1,
      })
      await store.setSeed('seed')
    },
    allowed: ['1.0.0', '2.0.0'],
    finally: '1.0.0',
  }))

test('a crash during the first start leaves none or the first release', t =>
  crashEverywhere(t, {
    before: async () => undefined,
    action: store => switchThrough(store, '1.0.0'),
    allowed: [null, '1.0.0'],
    finally: '1.0.0',
  }))

test('a crash during a failed upgrade leaves the old release', t =>
  crashEverywhere(t, {
    before: store => switchThrough(store, '1.0.0'),
    action: async store => {
      const { id } = await bring(store, '2.0.0')
      await store.dropUncommitted(id)
    },
    allowed: ['1.0.0'],
    finally: '1.0.0',
  }))

test('a crash on the way to a release that runs in place leaves the old release or that one', t =>
  crashEverywhere(t, {
    before: async (store, folder) => {
      await switchThrough(store, '1.0.0')
      writeApplication(join(folder, 'in-place'), '2.0.0')
    },
    action: async (store, folder) => {
      const id = `2.0.0-${'b'.repeat(12)}`
      const dir = join(folder, 'in-place')
      await store.registerInPlace({ id, name: 'demo', version: '2.0.0', entry: 'index.js', dir })
      await store.setCurrent(id)
    },
    allowed: ['1.0.0', '2.0.0'],
    finally: '2.0.0',
  }))

test('the operations of a crash test are those of the store', () => {
  assert.deepEqual(Object.keys(crashingFs(0).fs).sort(), Object.keys(nodeFs).sort())
})
