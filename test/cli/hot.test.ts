import assert from 'node:assert/strict'
import { test } from 'node:test'
import { servedVersions } from '../parent/hot-support.ts'
import { errorOf } from '../parent/support.ts'
import { beam } from '../support/beam.ts'
import { packStandIn, startStandIn } from '../support/hot-stand-in.ts'
import { tempDir } from '../support/pack-app.ts'

// In all of these the peers have a stand-in for the engine (test/fixtures/hot-stand-in): it is the command line that is tested.

test('hot-upgrade shows its steps on standard error, and what it did on standard output', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const pids = (await app.status()).peers.map(({ pid }) => pid)
  const archive = await packStandIn(t, '2.0.0')

  const { code, stdout, stderr } = await app.command('hot-upgrade', archive)

  assert.equal(code, 0)
  assert.deepEqual(stderr.replace(/after .*/, 'after').split('\n'), [
    `unpacking ${archive}`,
    'comparing 2.0.0 with 1.0.0',
    'replacing code with that of 2.0.0',
    `hot-stand-in 2.0.0 has replaced 1.0.0 in processes ${pids.join(', ')} after`,
    '',
  ])
  assert.deepEqual(stdout.split('\n'), [
    'modules',
    '  server.js',
    '    replaced       version',
    '    kept           rooms',
    '    evaluated anew routes',
    '  lib/new.js (new)',
    'stateful processes',
    '  counter: 6 migrated, 0 failed, 2 skipped; suspended for 5 ms',
    '    counter: the one in slot 0 is stuck',
    '    counter: the one in slot 1 is stuck',
    'native addons that stay as they were',
    '  build/fast.node',
    'notes',
    '  Session has a new field',
    '2 KiB of old code stay in memory',
    '',
  ])
})

test('what a hot upgrade may do is passed on as it was said', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'), { peers: 1 })
  const rulesOf = async (...options: string[]) => {
    const { code, stderr } = await app.command('hot-upgrade', await packStandIn(t, '2.0.0'), ...options)
    assert.equal(code, 0, stderr)
    const note = app.notes().findLast(line => line.startsWith('0 prepare')) ?? ''
    return JSON.parse(note.slice(note.indexOf('{')))
  }
  assert.deepEqual(await rulesOf(), { allow: [], suspendTimeoutMs: 3000, onCodeChangeError: 'revert' })
  const said = await rulesOf(
    ...['--suspend-timeout', '500ms', '--continue-on-code-change-error'],
    ...['--allow', 'server.js#rooms', '--allow', 'lib/a.js#b'],
    ...['--extra', '{"units":"metric"}'],
  )
  assert.deepEqual(said, {
    allow: ['server.js#rooms', 'lib/a.js#b'],
    suspendTimeoutMs: 500,
    onCodeChangeError: 'continue',
    // In the form of src/rpc/values.ts, as bytes.
    extra: ['1[{"units":1},"metric"]'],
  })
})

test('status shows how many hot upgrades a peer carries, once there is one', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'), { peers: 1 })
  const shown = async () => /serving, .*/.exec((await app.command('status')).stdout)?.[0]
  assert.match(String(await shown()), /requests in flight$/)
  await app.command('hot-upgrade', await packStandIn(t, '2.0.0'))
  assert.match(String(await shown()), /requests in flight, 1 hot upgrade \(1 KiB of old code\)$/)
  await app.command('hot-upgrade', await packStandIn(t, '3.0.0'))
  assert.match(String(await shown()), /requests in flight, 2 hot upgrades \(2 KiB of old code\)$/)
  assert.match((await app.command('status')).stdout, /Z hot-upgrade to 3\.0\.0-\w+ in /)
})

test('a refused hot-upgrade names every place with what can be done, ends with what does it instead, and fails', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  app.order({ 0: { prepare: 'refuse' }, 1: { prepare: 'refuse' } })
  const archive = await packStandIn(t, '2.0.0')
  const { code, stdout, stderr } = await app.command('hot-upgrade', archive)
  assert.equal(code, 1)
  assert.equal(stdout, '')
  const told = stderr.slice(stderr.indexOf('beam-deploy: incompatible_change')).trimEnd().split('\n')
  // What both peers have found stands there once.
  assert.equal(told.length, 6)
  assert.match(String(told[1]), /^ {2}server\.js:12: /)
  assert.match(String(told.at(-1)), new RegExp(`beam-deploy upgrade ${archive}`))
  assert.deepEqual(await servedVersions(app), ['1.0.0'])
})

test('plan says the verdict first, and is done whatever it is; --exit-code makes it the exit code', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const archive = await packStandIn(t, '2.0.0')
  const hot = await app.command('plan', archive)
  assert.equal(hot.code, 0)
  assert.match(
    hot.stdout,
    /^hot: 2\.0\.0 \(2\.0\.0-\w+\) can replace the code of the running processes: beam-deploy hot-upgrade \S+\nmodules\n {2}server\.js\n/,
  )
  assert.match(hot.stdout, /\nstateful processes to migrate\n {2}counter: 1 to 2, 4 live\n$/)
  assert.match(hot.stderr, /compared 2\.0\.0 with what runs\n$/)
  assert.equal((await app.command('plan', archive, '--exit-code')).code, 0)

  app.order({ 0: { prepare: 'refuse' } })
  const refused = await app.command('plan', archive)
  assert.equal(refused.code, 0)
  assert.match(
    refused.stdout,
    /^blue-green: 2\.0\.0 \(2\.0\.0-\w+\) takes new processes: beam-deploy upgrade \S+\nreasons\n {2}server\.js:12: /,
  )
  const asCode = await app.command('plan', archive, '--exit-code', '--json')
  assert.equal(asCode.code, 3)
  assert.equal(JSON.parse(asCode.stdout).verdict, 'blue-green')

  const otherParent = await packStandIn(t, '3.0.0', {
    files: { 'beam-deploy.config.json': '{"keepReleases":9}' },
  })
  assert.equal((await app.command('plan', otherParent, '--exit-code')).code, 4)
  // 1 stays what it is everywhere: it could not be found out.
  assert.equal((await app.command('plan', '/nowhere.tgz', '--exit-code')).code, 1)
})

for (const [args, message] of [
  [['hot-upgrade'], /usage: hot-upgrade <archive>/],
  [['hot-upgrade', 'a.tgz', '--suspend-timeout', 'soon'], /--suspend-timeout soon: a duration is/],
  [['hot-upgrade', 'a.tgz', '--extra', '{units}'], /--extra \{units\}: it must be JSON/],
  [['plan', 'a.tgz', '--extra', '1'], /--extra is no option of plan/],
  [['upgrade', 'a.tgz', '--allow', 'x'], /--allow is no option of upgrade/],
] as const) {
  test(`\`${args.join(' ')}\` is misuse`, async t => {
    const error = errorOf(await beam([...args, '--state-dir', tempDir(t), '--json']), 2)
    assert.equal(error.code, 'invalid_option')
    assert.match(error.message, message)
  })
}

test('without a parent, both say how to get one', async t => {
  for (const command of ['hot-upgrade', 'plan']) {
    const error = errorOf(await beam([command, 'a.tgz', '--state-dir', tempDir(t), '--json']))
    assert.equal(error.code, 'not_running')
  }
})
