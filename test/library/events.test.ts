import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { get, until, untilGone } from '../parent/support.ts'
import { beam, freePort } from '../support/beam.ts'
import { recordEvents } from '../support/events.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { startPlain } from '../support/plain.ts'

const FIXTURE = 'library-hears-events'

test('a program that calls start() hears as the parent what its peers hear, and their beginning and end', async t => {
  const app = await run(t)
  await app.upgrade('2.0.0')
  const old = Number(app.heard(app.parent).find(({ name }) => name === 'peer:start')?.message.pid)
  await untilGone(old)
  await app.until(app.parent, 'drain:end')
  assert.deepEqual(app.names(app.parent), [
    ...['boot:start', 'peer:start', 'peer:ready', 'boot:end', 'cutover:start', 'cutover:end'],
    ...['upgrade:start', 'unpack:start', 'unpack:end', 'boot:start', 'peer:start', 'peer:ready', 'boot:end'],
    ...['cutover:start', 'cutover:end', 'upgrade:end', 'drain:start', 'peer:exit', 'drain:end'],
  ])
  const [boot] = app.heard(app.parent)
  assert.deepEqual(
    [boot?.message.action, boot?.message.previous, boot?.message.generation],
    ['start', null, 1],
  )
  const inParent = app.heard(app.parent).slice(2, -2)
  assert.deepEqual(
    app.heard(old).map(({ name, message }) => ({ name, message })),
    inParent.map(({ name, message }) => ({ name, message })),
  )
  await app.stop()
  assert.deepEqual(app.names(app.parent).slice(-5), [
    'stop:start',
    'drain:start',
    'peer:exit',
    'drain:end',
    'stop:end',
  ])
  assert.match(app.output(), /^1\.0 \| 1\.0\.0 listens$/m)
  assert.match(app.output(), /^2\.0 \| 2\.0\.0 listens$/m)
})

test('a subscriber that throws in parent and peers undoes no swap, where uncaught exceptions are handled', async t => {
  const app = await run(t, { THROW: 'beam-deploy:cutover:start' })
  await app.upgrade('2.0.0')
  assert.equal(await get(app.port, '/'), '2.0.0')
  assert.match(
    app.output(),
    new RegExp(`uncaught: ${app.parent} does not want to hear of beam-deploy:cutover:start`),
  )
  await app.stop()
})

/** Runs the fixture as its own parent, and resolves when it serves. */
async function run(t: TestContext, env: NodeJS.ProcessEnv = {}) {
  const recording = recordEvents(t)
  const port = await freePort()
  const state = tempDir(t)
  const beamEnv = { BEAM_DEPLOY: 'true', BEAM_DEPLOY_STATE_DIR: state, PORT: String(port) }
  const plain = startPlain(t, FIXTURE, { version: '1.0.0', env: { ...recording.env, ...beamEnv, ...env } })
  await plain.until(() => get(port, '/').catch(() => null))
  // What comes before there is a peer, nobody else hears.
  const parent = recording.heard().find(({ name }) => name === 'boot:start')?.pid
  assert.ok(parent)
  return {
    ...plain,
    ...recording,
    port,
    parent,
    stop: async () => {
      plain.kill('SIGTERM')
      assert.deepEqual(await plain.ended, { code: 0, signal: null })
    },
    upgrade: async (version: string) => {
      const archive = await packApp(t, FIXTURE, { version })
      const { code, stderr } = await beam(['upgrade', archive, '--state-dir', state])
      assert.equal(code, 0, stderr)
      await until(async () => (await get(port, '/')) === version)
    },
  }
}
