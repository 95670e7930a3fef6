import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { about, launch, pack, snapshot, until } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { application, END, entry } from '../support/tar-bytes.ts'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} to \`upgrade\` while it unpacks: the parent is well, and nothing is left`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'))
    const { pid } = await about(app.port)
    const before = snapshot(app.stateDir)
    const upgrade = await unpacking(t, app)

    upgrade.signal(signal)

    await upgrade.ended
    await until(async () => (await app.status()).state === 'serving')
    assert.deepEqual(snapshot(app.stateDir), before)
    assert.equal((await app.status()).lastUpgrade?.code, 'peer_gone')
    assert.equal((await about(app.port)).pid, pid)
    assert.equal((await app.upgrade(await pack(t, '2.0.0'))).release.version, '2.0.0')
  })
}

test('a stop while an upgrade unpacks does not wait for it, and the command cleans up', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const upgrade = await unpacking(t, app)
  const { code } = await app.command('stop')
  assert.equal(code, 0)
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assert.deepEqual(await upgrade.ended, { code: 1, signal: null })
  assert.equal(JSON.parse(upgrade.stdout()).error.code, 'upgrade_in_progress')
  assert.equal(readdirSync(join(app.stateDir, 'releases')).length, 1)
})

test('nor for a command that has stopped answering', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const upgrade = await unpacking(t, app)
  upgrade.signal('SIGSTOP')
  assert.equal((await app.command('stop')).code, 0)
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  upgrade.signal('SIGKILL')
  await upgrade.ended
  assert.equal(readdirSync(join(app.stateDir, 'releases')).length, 1)
})

test('when the parent is killed while a command unpacks, the command says so and cleans up', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const upgrade = await unpacking(t, app)
  process.kill(app.pid, 'SIGKILL')
  assert.deepEqual(await upgrade.ended, { code: 1, signal: null })
  assert.equal(JSON.parse(upgrade.stdout()).error.code, 'peer_gone')
  assert.equal(readdirSync(join(app.stateDir, 'releases')).length, 1)
})

/** An upgrade that has begun to unpack, and has a gibibyte to go. */
async function unpacking(t: TestContext, app: RunningApp) {
  const file = join(tempDir(t), 'huge.tgz')
  writeFileSync(file, hugeArchive())
  const upgrade = launch(t, ['upgrade', file, '--state-dir', app.stateRoot, '--json'])
  await until(() => readdirSync(join(app.stateDir, 'releases')).some(name => name.startsWith('.staging-')))
  return upgrade
}

/** Compressed in parts, which gzip allows, so that the same zeros are compressed once. */
function hugeArchive(): Buffer {
  const part = gzipSync(Buffer.alloc(16 * 1024 * 1024))
  const parts = 64
  const header = entry({ path: 'package/zeros', size: parts * 16 * 1024 * 1024 })
  return Buffer.concat([
    gzipSync(Buffer.concat([...application(), header])),
    ...Array<Buffer>(parts).fill(part),
    gzipSync(END),
  ])
}
