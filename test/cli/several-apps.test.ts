import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { errorOf, pack, run } from '../parent/support.ts'
import { beam, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

test('with two applications in a state folder, a command needs --app', async t => {
  const { stateRoot, shop, mail } = await twoApps(t)
  for (const command of [['status'], ['stop'], ['rollback'], ['upgrade', await pack(t, '2.0.0')]]) {
    const error = errorOf(await run(t, [...command, '--state-dir', stateRoot, '--json']), 2)
    assert.equal(error.code, 'invalid_option')
    assert.match(error.message, /several applications run: @acme\/shop, mail\. Name one with --app/)
  }
  const status = await beam(['status', '--state-dir', stateRoot, '--app', '@acme/shop', '--json'])
  assert.equal(JSON.parse(status.stdout).pid, shop.pid)

  assert.equal((await beam(['stop', '--state-dir', stateRoot, '--app', 'mail'])).code, 0)
  await mail.ended
  const only = await beam(['status', '--state-dir', stateRoot, '--json'])
  assert.equal(JSON.parse(only.stdout).app, '@acme/shop')
})

test('so does a start without an archive', async t => {
  const { stateRoot, shop, mail } = await twoApps(t)
  await Promise.all([shop.stop(), mail.stop()])
  const args = ['start', '--port', '0', '--state-dir', stateRoot, '--json']
  const error = errorOf(await run(t, args), 2)
  assert.equal(error.code, 'invalid_option')
  assert.match(error.message, /there are @acme\/shop, mail .*--app/)
  const again = await startApp(t, null, { stateRoot, args: ['--app', 'mail'] })
  assert.equal((await again.status()).app, 'mail')
})

test('one package can run twice, under two names', async t => {
  const stateRoot = tempDir(t)
  const archive = await pack(t, '1.0.0')
  const [blue, green] = await Promise.all(
    ['blue', 'green'].map(name => startApp(t, archive, { stateRoot, args: ['--app', name] })),
  )
  assert.deepEqual(readdirSync(stateRoot).sort(), ['blue', 'green'])
  assert.notEqual((await blue?.status())?.pid, (await green?.status())?.pid)
})

test('a name that leads out of the state folder is refused', async t => {
  const stateRoot = tempDir(t)
  for (const name of ['..', '../elsewhere', '/etc', '.hidden']) {
    const args = ['status', '--state-dir', stateRoot, '--json', `--app=${name}`]
    const error = errorOf(await run(t, args), 2)
    assert.equal(error.code, 'invalid_option', name)
    assert.match(error.message, /cannot name an application/)
  }
})

async function twoApps(t: TestContext) {
  const stateRoot = tempDir(t)
  const shop = await startApp(t, await pack(t, '1.0.0', { manifest: { name: '@acme/shop' } }), { stateRoot })
  const mail = await startApp(t, await pack(t, '1.0.0', { manifest: { name: 'mail' } }), { stateRoot })
  return { stateRoot, shop, mail }
}
