import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isEnabled } from '../../src/start.ts'
import { until } from '../parent/support.ts'
import { applyLoad, keepAlive } from '../support/load.ts'
import { packApp } from '../support/pack-app.ts'
import { startProgram } from '../support/run-program.ts'

test('not enabled, start() runs the application in this process and nothing else happens', async t => {
  const app = await run(t, { BEAM_DEPLOY: '' })
  const answer = await app.get('/')
  assert.equal(answer.text, '1.0.0')
  assert.equal(answer.pid, app.pid)
  const refused = await app.get('/status')
  assert.equal(JSON.parse(refused.text).code, 'not_running')
})

test('enabled, this process is the parent and a peer serves', async t => {
  const app = await run(t, { BEAM_DEPLOY: 'true' })
  const answer = await app.get('/')
  assert.equal(answer.text, '1.0.0')
  assert.notEqual(answer.pid, app.pid)
  const status = JSON.parse((await app.get('/status')).text)
  assert.equal(status.pid, app.pid)
  assert.equal(status.active.pid, answer.pid)
  assert.equal(status.upgrading, false)
})

test('upgrade() in a peer answers at the cutover, before that peer drains; no request fails', async t => {
  const app = await run(t, { BEAM_DEPLOY: 'on' })
  const archive = await packApp(t, 'library-app', { version: '2.0.0' })
  const load = applyLoad(app.port, keepAlive(5), 4)
  await load.answeredBy('1.0.0')
  const upgraded = await app.get(`/upgrade?archive=${encodeURIComponent(archive)}`)
  assert.equal(upgraded.text, '2.0.0')
  assert.equal(upgraded.version, '1.0.0')
  await load.answeredBy('2.0.0')
  assert.equal((await app.get('/rollback')).text, '1.0.0')
  await load.answeredBy('1.0.0')
  assert.deepEqual((await load.stop()).failures, [])
})

test('the stop function runs after the last answer, and SIGTERM ends the parent with exit code 0', async t => {
  const app = await run(t, { BEAM_DEPLOY: '1' })
  await app.get('/')
  app.kill('SIGTERM')
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  const notes = app.notes()
  assert.deepEqual(
    notes.filter(line => /listens|stop/.test(line)),
    ['1.0.0 listens', '1.0.0 stops', '1.0.0 has stopped'],
  )
})

test('a start function that throws fails the upgrade; the old release serves on', async t => {
  const app = await run(t, { BEAM_DEPLOY: 'yes', FAIL: '2.0.0' })
  const archive = await packApp(t, 'library-app', { version: '2.0.0' })
  const before = await app.get('/')
  const refused = await app.get(`/upgrade?archive=${encodeURIComponent(archive)}`)
  const { code, message } = JSON.parse(refused.text)
  assert.equal(code, 'peer_start_failed')
  assert.match(message, /2\.0\.0 does not start/)
  assert.deepEqual(await app.get('/'), before)
})

test('a start function that throws in the first peer fails start() in the parent', async t => {
  const app = await launch(t, { BEAM_DEPLOY: 'true', FAIL: '1.0.0' })
  const { code } = await app.ended
  assert.equal(code, 1)
  assert.match(app.output(), /peer_start_failed/)
})

test('start() takes what it is not told from the configuration of its package', async t => {
  const manifest = { beamDeploy: { peers: 2, shutdownTimeout: '1m' } }
  const program = await startProgram(t, 'library-app', { version: '1.0.0', manifest })
  await until(() => program.notes().some(line => line.includes(`start() returned in ${program.pid}`)))
  const response = await fetch(`http://127.0.0.1:${program.port}/status`, {
    headers: { connection: 'close' },
  })
  const { peers } = (await response.json()) as { peers: unknown[] }
  assert.equal(peers.length, 2)
})

test('isEnabled', () => {
  for (const value of ['1', 'true', 'TRUE', 'yes', 'On']) assert.equal(withEnv(value, isEnabled), true, value)
  for (const value of ['', '0', 'false', 'no', 'off', 'truely'])
    assert.equal(withEnv(value, isEnabled), false, value)
  assert.equal(isEnabled({ enabled: true }), true)
  assert.equal(
    withEnv('1', () => isEnabled({ enabled: false })),
    false,
  )
})

function withEnv<T>(value: string, call: () => T): T {
  const before = process.env.BEAM_DEPLOY
  process.env.BEAM_DEPLOY = value
  try {
    return call()
  } finally {
    if (before === undefined) delete process.env.BEAM_DEPLOY
    else process.env.BEAM_DEPLOY = before
  }
}

/** Runs `node server.js` in a folder, and resolves when it serves. */
async function run(t: TestContext, env: NodeJS.ProcessEnv) {
  const app = await launch(t, env)
  await Promise.race([app.untilNoted(`start() returned in ${app.pid}`), app.ended])
  return app
}

async function launch(t: TestContext, env: NodeJS.ProcessEnv) {
  const program = await startProgram(t, 'library-app', { version: '1.0.0', env })
  return {
    ...program,
    untilNoted: (text: string) => until(() => program.notes().some(line => line.includes(text))),
    get: async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${program.port}${path}`, {
        headers: { connection: 'close' },
      })
      return {
        text: await response.text(),
        version: response.headers.get('x-version'),
        pid: Number(response.headers.get('x-pid')),
      }
    },
  }
}
