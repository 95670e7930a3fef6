import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connectControl } from '../../src/control-client.ts'
import type { HotUpgradeReport, UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { beamJson, startApp } from '../support/beam.ts'
import { layOutApp, tempDir } from '../support/pack-app.ts'
import { packRunner, startRunner } from '../support/run-code.ts'
import { type Keys, newKeys, signed } from '../support/signing.ts'
import {
  about,
  assertNoLoss,
  boots,
  errorOf,
  failingUpgrade,
  get,
  lightLoad,
  pack,
  snapshot,
  until,
} from './support.ts'

const startSigned = async (t: TestContext, keys: Keys, args: string[] = []) =>
  startApp(t, signed(await pack(t, '1.0.0'), keys), { args: ['--verify', keys.publicKey, ...args] })

const releaseSigned = async (t: TestContext, version: string, ending: string, keys: Keys) => {
  const out = join(tempDir(t), `app.${ending}`)
  const dir = layOutApp(t, 'tells-about-itself', { version })
  await beamJson(['release', dir, '--out', out, '--sign', keys.privateKey])
  return out
}

test('upgrades to signed archives of every format, under load; status says by which key', async t => {
  const [first, second] = [newKeys(t), newKeys(t)]
  const app = await startSigned(t, first, ['--verify', second.publicKey])
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const formats = [
    ['2.0.0', 'tgz', first],
    ['3.0.0', 'tar.gz', second],
    ['4.0.0', 'tar', second],
    ['5.0.0', 'tar.zst', first],
  ] as const
  for (const [version, ending, keys] of formats) {
    await app.upgrade(await releaseSigned(t, version, ending, keys))
    await load.answeredBy(version)
    const { verifiedBy, trustedKeys } = await app.status()
    assert.deepEqual([verifiedBy, trustedKeys], [keys.keyId, [first.keyId, second.keyId]])
  }
  const { stdout } = await app.command('status')
  assert.match(stdout, new RegExp(`^ {2}signed +with the key ${first.keyId}$`, 'm'))
  assert.match(stdout, new RegExp(`^ {2}trusts +${first.keyId}, ${second.keyId}$`, 'm'))
  assert.equal((await app.rollback()).release.version, '4.0.0')
  assert.equal((await app.status()).verifiedBy, second.keyId)
  await load.answeredBy('4.0.0')
  assertNoLoss(await load.stop())
})

test('what nobody trusted has signed is refused by every command, before anything of it is written', async t => {
  const [keys, others] = [newKeys(t), newKeys(t)]
  const app = await startSigned(t, keys)
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const good = signed(await pack(t, '2.0.0'), keys)
  const changed = (change: (bytes: Buffer) => Buffer): string => {
    const file = join(tempDir(t), 'changed.tgz')
    writeFileSync(file, change(readFileSync(good)))
    return file
  }
  const flip = (bytes: Buffer, at: number) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  }
  const cases: [string, RegExp][] = [
    [
      await pack(t, '2.0.0'),
      new RegExp(`it is not signed, and must be with one of these keys: ${keys.keyId}`),
    ],
    [signed(await pack(t, '2.0.0'), others), new RegExp(`with the key ${others.keyId},.*: ${keys.keyId}`)],
    [changed(bytes => flip(bytes, 100)), /its content is not what the key/],
    [changed(bytes => flip(bytes, bytes.length - 50)), /its content is not what the key/],
    [changed(bytes => flip(bytes, bytes.length - 1)), /its signature is damaged/],
    [changed(bytes => bytes.subarray(0, -200)), /it is not signed/],
    [changed(bytes => Buffer.concat([bytes, Buffer.from('more')])), /does not stand at its end/],
    [layOutApp(t, 'tells-about-itself', { version: '2.0.0' }), /it is a folder, which cannot be signed/],
  ]
  const before = [snapshot(app.stateRoot), await about(app.port)] as const
  for (const [archive, says] of cases) {
    for (const command of ['upgrade', 'hot-upgrade', 'plan']) {
      const error = errorOf(await app.command(command, archive, '--json'))
      assert.equal(error.code, 'untrusted_release', error.message)
      assert.match(error.message, says)
      assert.ok(error.message.includes(archive))
      assert.deepEqual([snapshot(app.stateRoot), await about(app.port)], before)
    }
  }
  const { lastUpgrade } = await app.status()
  assert.deepEqual([lastUpgrade?.outcome, lastUpgrade?.code], ['failed', 'untrusted_release'])
  await app.upgrade(good)
  await load.answeredBy('2.0.0')
  assertNoLoss(await load.stop())
})

test('hot-upgrade and plan take what is signed', async t => {
  const keys = newKeys(t)
  const archive = async (version: string, result: number) =>
    signed(await pack(t, version, boots(`export const f = () => ${result}`)), keys)
  const app = await startApp(t, await archive('1.0.0', 1), { args: ['--verify', keys.publicKey] })
  const next = await archive('1.0.1', 2)
  const json = <T>(command: string) => beamJson<T>([command, next, '--state-dir', app.stateRoot])
  assert.equal((await json<UpgradePlan>('plan')).verdict, 'hot')
  const { release } = await json<HotUpgradeReport>('hot-upgrade')
  const status = await app.status()
  assert.deepEqual([status.release, status.generation, status.verifiedBy], [release, 1, keys.keyId])
})

test('an application that deploys itself is held to the same', async t => {
  const keys = newKeys(t)
  const first = signed(await packRunner(t, '1.0.0'), keys)
  const app = await startRunner(t, first, { args: ['--verify', keys.publicKey] })
  const next = await packRunner(t, '2.0.0')
  for (const call of ['upgrade', 'hotUpgrade', 'planUpgrade']) {
    const { error } = await app.run(`await beam.${call}(${JSON.stringify(next)})`)
    assert.equal(error?.code, 'untrusted_release', call)
  }
  assert.equal(await app.value('return version'), '1.0.0')
  signed(next, keys)
  // Answered before the old release drains, or cut off by its end: what serves then says which.
  await app.run(`await beam.upgrade(${JSON.stringify(next)})`).catch(() => undefined)
  assert.equal(await app.value('return version'), '2.0.0')
})

test('the parent has its own program check, whatever the command would say', async t => {
  const keys = newKeys(t)
  const app = await startSigned(t, keys)
  const asked: string[] = []
  await using control = await connectControl(app.stateRoot, undefined, {
    progress: () => undefined,
    unpack: ({ source }) => {
      asked.push(source)
      throw new Error('not asked for')
    },
  })
  const path = await pack(t, '2.0.0')
  await assert.rejects(control.parent.upgrade({ path }), { code: 'untrusted_release' })
  await control.parent.upgrade({ path: signed(path, keys) })
  assert.deepEqual(asked, [])
})

test('a rollback to a release that came before --verify is refused; checked once, it is good', async t => {
  const keys = newKeys(t)
  const [first, second] = [await pack(t, '1.0.0'), await pack(t, '2.0.0')]
  const before = await startApp(t, first)
  await before.upgrade(second)
  await before.stop()
  const copy = join(tempDir(t), 'second.tgz')
  copyFileSync(second, copy)
  const app = await startApp(t, signed(copy, keys), {
    stateRoot: before.stateRoot,
    args: ['--verify', keys.publicKey],
  })
  assert.equal((await app.status()).verifiedBy, keys.keyId)
  const load = lightLoad(t, app.port)
  await load.answeredBy('2.0.0')

  const error = errorOf(await app.command('rollback', '--json'))
  assert.equal(error.code, 'untrusted_release')
  assert.match(error.message, /tells-about-itself 1\.0\.0.*its signature was not checked when it came/)
  await load.answeredBy('2.0.0')

  assert.equal((await failingUpgrade(app, first)).code, 'untrusted_release')
  await app.upgrade(signed(first, keys))
  await load.answeredBy('1.0.0')
  assert.equal((await app.rollback()).release.version, '2.0.0')
  assertNoLoss(await load.stop())
})

test('nobody falls back to a release that was never checked', async t => {
  const keys = newKeys(t)
  const mark = join(tempDir(t), 'was-run')
  const before = await startApp(t, await pack(t, '1.0.0', boots(noteIn(mark))))
  await before.stop()
  rmSync(mark)
  const app = await startApp(t, signed(await pack(t, '2.0.0'), keys), {
    stateRoot: before.stateRoot,
    args: ['--verify', keys.publicKey],
  })
  let end: Awaited<typeof app.ended> | null = null
  void app.ended.then(ended => {
    end = ended
  })
  await until(async () => {
    await get(app.port, '/crash').catch(() => undefined)
    return end
  })
  assert.deepEqual(end, { code: 1, signal: null })
  assert.match(app.output(), /falling back to 1\.0\.0/)
  assert.match(app.output(), /tells-about-itself 1\.0\.0 .*: its signature was not checked when it came/)
  assert.equal(existsSync(mark), false)
})

const noteIn = (file: string) =>
  `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(file)}, '')\n`
