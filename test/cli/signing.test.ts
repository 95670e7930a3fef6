import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { about, errorOf, pack, run } from '../parent/support.ts'
import { beam, beamJson, CLI, startApp } from '../support/beam.ts'
import { layOutApp, tempDir } from '../support/pack-app.ts'
import { newKeys, signed } from '../support/signing.ts'

test('keygen says what to do with each key, and never writes over one', async t => {
  const cwd = tempDir(t)
  const { code, stdout } = await beam(['keygen'], { cwd })
  assert.equal(code, 0)
  assert.match(stdout, /^key [0-9a-f]{16}\n {2}beam-deploy\.key {2}signs: .*--sign beam-deploy\.key\n/)
  assert.match(stdout, /\n {2}beam-deploy\.pub {2}checks: beam-deploy start --verify beam-deploy\.pub\n/)
  assert.deepEqual(readdirSync(cwd), ['beam-deploy.key', 'beam-deploy.pub'])
  assert.equal(statSync(join(cwd, 'beam-deploy.key')).mode & 0o777, 0o600)
  const before = readFileSync(join(cwd, 'beam-deploy.key'))
  const again = await beam(['keygen'], { cwd })
  assert.equal(again.code, 2)
  assert.match(again.stderr, /beam-deploy\.key is there already/)
  assert.deepEqual(readFileSync(join(cwd, 'beam-deploy.key')), before)
  const named = await beamJson<{ keyId: string }>(['keygen', '--out', join(cwd, 'other')])
  assert.deepEqual(named, {
    keyId: named.keyId,
    privateKey: join(cwd, 'other.key'),
    publicKey: join(cwd, 'other.pub'),
    encrypted: false,
  })
})

test('release --sign, verify, and sign with a key that comes through a pipe', async t => {
  const keys = newKeys(t)
  const dir = layOutApp(t, 'tells-about-itself', { version: '1.0.0' })
  const out = join(tempDir(t), 'app.tgz')
  const built = await beam(['release', dir, '--out', out, '--sign', keys.privateKey])
  assert.equal(built.code, 0, built.stderr)
  assert.match(built.stderr, new RegExp(`signed with the key ${keys.keyId}`))
  const verified = await beam(['verify', out, '--key', keys.publicKey])
  assert.equal(verified.stdout, `${out} is as it was signed with the key ${keys.keyId}\n`)

  const others = newKeys(t)
  const script = 'cat "$0" | "$1" "$2" sign "$3" --key /dev/stdin'
  execFileSync('sh', ['-c', script, others.privateKey, process.execPath, CLI, out], { stdio: 'pipe' })
  const refused = errorOf(await beam(['verify', out, '--key', keys.publicKey, '--json']))
  assert.equal(refused.code, 'untrusted_release')
  const both = ['--key', keys.publicKey, '--key', others.publicKey]
  const { verifiedBy } = await beamJson<{ verifiedBy: string }>(['verify', out, ...both])
  assert.equal(verifiedBy, others.keyId)
})

test('the passphrase of a key is for the command alone, not for the scripts that it runs', async t => {
  const env = { BEAM_DEPLOY_KEY_PASSPHRASE: 'open sesame' }
  const cwd = tempDir(t)
  assert.equal((await beam(['keygen'], { cwd, env })).code, 0)
  const seen = join(cwd, 'seen')
  const script = `require('node:fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.env))`
  const dir = layOutApp(t, 'tells-about-itself', {
    version: '1.0.0',
    files: { 'build.cjs': script },
    manifest: { scripts: { build: 'node build.cjs' } },
  })
  const args = ['release', dir, '--out', join(cwd, 'app.tgz'), '--sign', 'beam-deploy.key']
  const { code, stderr } = await beam(args, { cwd, env })
  assert.equal(code, 0, stderr)
  assert.equal(JSON.parse(readFileSync(seen, 'utf8')).BEAM_DEPLOY_KEY_PASSPHRASE, undefined)
  const without = await beam(args, { cwd })
  assert.equal(without.code, 2)
  assert.match(without.stderr, /beam-deploy\.key: it is encrypted: give its passphrase/)
})

test('keys that cannot be used are told before anything is done', async t => {
  const { publicKey, privateKey } = newKeys(t)
  const [cwd, archive] = [tempDir(t), await pack(t, '1.0.0')]
  const cases: [string[], RegExp][] = [
    [['sign', archive], /--key: name the private key to sign with/],
    [['verify', archive], /--key: name the public key to check with/],
    [['sign', archive, '--key', publicKey], /--key .*: that is a public key/],
    [['verify', archive, '--key', privateKey], /--key .*: that is a private key/],
    [['release', cwd, '--sign', publicKey], /--sign .*: that is a public key/],
    [
      ['start', archive, '--port', '0', '--state-dir', cwd, '--verify', privateKey],
      /--verify .*: that is a private key/,
    ],
    [
      ['start', archive, '--port', '0', '--state-dir', cwd, '--verify', 'nowhere.pub'],
      /nowhere\.pub.*ENOENT/,
    ],
  ]
  for (const [args, says] of cases) {
    const { code, stderr } = await run(t, args)
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, says)
    assert.deepEqual(readdirSync(cwd), [])
  }
})

test('start refuses what nobody trusted has signed, and leaves nothing of it', async t => {
  const keys = newKeys(t)
  const root = tempDir(t)
  const dir = layOutApp(t, 'tells-about-itself', { version: '1.0.0' })
  for (const source of [await pack(t, '1.0.0'), signed(await pack(t, '1.0.0'), newKeys(t)), dir]) {
    const start = startApp(t, source, { stateRoot: root, args: ['--verify', keys.publicKey] })
    await assert.rejects(start, /"untrusted_release"/)
    assert.deepEqual(readdirSync(root), [])
  }
})

test('a release that came before --verify does not start, until an archive of it is signed', async t => {
  const keys = newKeys(t)
  const archive = await pack(t, '1.0.0')
  const before = await startApp(t, archive)
  await before.upgrade(await pack(t, '2.0.0'))
  await before.stop()
  const how = { stateRoot: before.stateRoot, args: ['--verify', keys.publicKey] }
  const first = join(tempDir(t), 'first.tgz')
  copyFileSync(archive, first)
  signed(first, keys)
  // What it was given the first time: what was switched to since would be started.
  for (const given of [null, first]) {
    await assert.rejects(startApp(t, given, how), ({ message }: Error) => {
      assert.match(message, /"untrusted_release"/)
      assert.match(message, /tells-about-itself 2\.0\.0 from the state folder: its signature was not checked/)
      return true
    })
  }
  const second = signed(await pack(t, '2.0.0'), keys)
  const app = await startApp(t, second, how)
  assert.equal((await about(app.port)).version, '2.0.0')
})

test('the archive that was given before, signed in its place or with another key, is the same release', async t => {
  const [first, second] = [newKeys(t), newKeys(t)]
  const archive = await pack(t, '1.0.0')
  const unchecked = await startApp(t, archive)
  const { release } = await unchecked.status()
  await unchecked.stop()
  const { stateRoot } = unchecked
  const start = (...keys: string[]) =>
    startApp(t, archive, { stateRoot, args: keys.flatMap(key => ['--verify', key]) })

  signed(archive, first)
  const checked = await start(first.publicKey)
  const status = await checked.status()
  assert.deepEqual([status.release, status.verifiedBy], [release, first.keyId])
  await checked.upgrade(signed(await pack(t, '2.0.0'), second)).then(
    () => assert.fail('it is signed with another key'),
    (error: Error) => assert.match(error.message, /untrusted_release/),
  )
  await checked.stop()

  // The key is changed: what was switched to since is started all the same.
  const both = await start(first.publicKey, second.publicKey)
  await both.upgrade(signed(await pack(t, '2.0.0'), second))
  await both.stop()
  signed(archive, second)
  const rotated = await start(second.publicKey)
  const { release: current, previous, verifiedBy } = await rotated.status()
  assert.deepEqual([current?.version, previous, verifiedBy], ['2.0.0', release, second.keyId])
  const refused = errorOf(await rotated.command('rollback', '--json'))
  assert.match(refused.message, new RegExp(`signed with the key ${first.keyId}, which is not trusted now`))
})

test('without --verify a signature is nothing that counts, and nothing that stands in the way', async t => {
  const app = await startApp(t, signed(await pack(t, '1.0.0'), newKeys(t)))
  const { verifiedBy, trustedKeys } = await app.status()
  assert.deepEqual([verifiedBy, trustedKeys], [null, []])
  assert.doesNotMatch((await app.command('status')).stdout, /signed|trusts/)
  assert.equal((await app.upgrade(await pack(t, '2.0.0'))).release.version, '2.0.0')
})
