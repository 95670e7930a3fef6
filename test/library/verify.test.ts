import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, until } from '../parent/support.ts'
import { beam } from '../support/beam.ts'
import { packRunner, startRunnerProgram } from '../support/run-code.ts'
import { untilServing } from '../support/run-program.ts'
import { newKeys, signed } from '../support/signing.ts'

test('start() with verify: the program serves as it is, and what it is upgraded to must be signed', async t => {
  const keys = newKeys(t)
  const app = await startRunnerProgram(t, '1.0.0', {
    verify: `() => [${JSON.stringify(keys.publicKey)}]`,
  })
  await untilServing(app)
  const next = await packRunner(t, '2.0.0')
  const { error } = await app.run(`await beam.upgrade(${JSON.stringify(next)})`)
  assert.equal(error?.code, 'untrusted_release')
  const byCommand = await beam(['upgrade', next, '--state-dir', app.stateRoot, '--json'])
  assert.equal(errorOf(byCommand).code, 'untrusted_release')
  const status = () =>
    app.value('const { verifiedBy, trustedKeys } = await beam.status(); return [verifiedBy, trustedKeys]')
  assert.deepEqual(await status(), [null, [keys.keyId]])

  signed(next, keys)
  const { code, stderr } = await beam(['upgrade', next, '--state-dir', app.stateRoot])
  assert.equal(code, 0, stderr)
  await until(async () => (await app.value('return version')) === '2.0.0')
  assert.deepEqual(await status(), [keys.keyId, [keys.keyId]])
  const back = await beam(['rollback', '--state-dir', app.stateRoot])
  assert.equal(back.code, 0, back.stderr)
  await until(async () => (await app.value('return version')) === '1.0.0')
})

test('start() with a key that cannot be used starts nothing', async t => {
  const { privateKey } = newKeys(t)
  const app = await startRunnerProgram(t, '1.0.0', {
    verify: `() => [${JSON.stringify(privateKey)}]`,
    boot: `({ note }) => note('was booted')`,
  })
  assert.equal((await app.ended).code, 1)
  assert.match(app.output(), /start\(\): the option verify names .*test\.key: that is a private key/)
  assert.deepEqual(app.notes(), [])
})
