import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BeamDeployErrorCode } from '../../src/errors.ts'
import { beam, startApp } from '../support/beam.ts'
import { recordEvents } from '../support/events.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { packHealth, QUICK, startHealth } from './health-support.ts'
import { assertNoLoss, errorOf, failingUpgrade, lightLoad, snapshot, until } from './support.ts'

interface Unwell {
  name: string
  /** What answers `/healthz`. */
  healthz: string
  code: BeamDeployErrorCode
  says: RegExp[]
  /** How often it was asked. */
  tries: number
}

const UNWELL: Unwell[] = [
  {
    name: 'answers 500',
    healthz: "console.error('no database'); response.statusCode = 500; response.end('where is it?')",
    code: 'health_check_failed',
    says: [
      /health-app 2\.0\.0 did not pass/,
      /GET \/healthz was answered with 500 Internal Server Error and "where is it\?", not with a status from 200 to 299 \(try 2 of 2\)/,
      /Its last output:\nno database/,
    ],
    tries: 2,
  },
  {
    name: 'redirects',
    healthz: "response.writeHead(302, { location: '/login' }).end()",
    code: 'health_check_failed',
    says: [/answered with 302 Found to \/login \(no redirect is followed\), not with/],
    tries: 2,
  },
  {
    name: 'does not answer',
    healthz: '',
    code: 'health_check_failed',
    says: [/GET \/healthz was not answered within 300 ms \(try 2 of 2\)/],
    tries: 2,
  },
  {
    name: 'begins an answer that does not end',
    healthz: "response.write('all is')",
    code: 'health_check_failed',
    says: [/answered with 200 OK, but not to its end within 300 ms/],
    tries: 2,
  },
  {
    name: 'breaks the connection',
    healthz: 'request.socket.destroy()',
    code: 'health_check_failed',
    says: [/GET \/healthz was not answered: socket hang up/],
    tries: 2,
  },
  {
    name: 'blocks its process',
    healthz: 'for (;;);',
    code: 'health_check_failed',
    says: [/nothing else of the process was heard: something blocks it/],
    tries: 1,
  },
  {
    name: 'ends while it is asked',
    healthz: "console.error('I have had enough'); process.exit(3)",
    code: 'peer_start_failed',
    says: [/health-app 2\.0\.0 ended with exit code 3 while its health was checked/, /I have had enough/],
    tries: 1,
  },
]

for (const { name, healthz, code, says, tries } of UNWELL) {
  test(`a release that ${name}: ${code}, and not one public request reaches it`, async t => {
    const app = await startHealth(t, await packHealth(t, '1.0.0'), {
      args: ['--health', '/healthz', ...QUICK],
    })
    const load = lightLoad(t, app.port)
    await load.answeredBy('1.0.0')
    const [before, { release, peers }] = [snapshot(app.stateRoot), await app.status()]

    const error = await failingUpgrade(app, await packHealth(t, '2.0.0', { healthz }))

    assert.equal(error.code, code, error.message)
    for (const part of says) assert.match(error.message, part)
    assert.deepEqual(app.requests('2.0.0'), Array(tries).fill('beam-deploy-health GET /healthz'))
    assert.deepEqual(snapshot(app.stateRoot), before)
    const after = await app.status()
    assert.deepEqual(after.release, release)
    assert.deepEqual(
      after.peers.map(({ pid }) => pid),
      peers.map(({ pid }) => pid),
    )
    assert.deepEqual([after.lastUpgrade?.outcome, after.lastUpgrade?.code], ['failed', code])

    await app.upgrade(await packHealth(t, '3.0.0'))
    await load.answeredBy('3.0.0')
    assertNoLoss(await load.stop())
    assert.deepEqual([...load.tally.answers.keys()], ['1.0.0', '3.0.0'])
  })
}

test('an answer without the text that is wanted in it is none', async t => {
  const healthCheck = { requests: [{ path: '/healthz', text: 'is well' }], tries: 1 }
  const app = await startHealth(t, await packHealth(t, '1.0.0', { config: { healthCheck } }))
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')
  const error = await failingUpgrade(
    app,
    await packHealth(t, '2.0.0', { healthz: "response.end('not so well')", config: { healthCheck } }),
  )
  assert.equal(error.code, 'health_check_failed')
  assert.match(
    error.message,
    /answered with 200 OK and "not so well", without the text "is well" \(try 1 of 1\)/,
  )
  await load.answeredBy('1.0.0')
  assertNoLoss(await load.stop())
  assert.deepEqual(app.publicRequests('2.0.0'), [])
})

test('a release that is well at its third try is taken; what it is asked for is no load', async t => {
  const args = [
    '--health',
    '/healthz',
    '--health-tries',
    '3',
    '--health-interval',
    '20ms',
    '--warm-up',
    '/?warm',
  ]
  const app = await startHealth(t, await packHealth(t, '1.0.0'), { args })
  const healthz = `
    globalThis.asked = (globalThis.asked ?? 0) + 1
    response.statusCode = globalThis.asked < 3 ? 503 : 200
    response.end()`
  const load = lightLoad(t, app.port)
  const { phases } = await app.upgrade(await packHealth(t, '2.0.0', { healthz }))
  await load.answeredBy('2.0.0')
  assertNoLoss(await load.stop())
  assert.ok(Number(phases.health) >= 40, JSON.stringify(phases))
  const requests = app.requests('2.0.0')
  assert.deepEqual(requests.slice(0, 23), [
    ...Array(3).fill('beam-deploy-health GET /healthz'),
    ...Array(20).fill('beam-deploy-warm-up GET /?warm'),
  ])
  assert.deepEqual(requests.slice(23), app.publicRequests('2.0.0'))
  await until(async () => {
    const [peer, ...others] = (await app.status()).peers
    return others.length === 0 && peer?.state === 'serving' && peer.load?.connections === 0
  })
  assert.deepEqual(readdirSync(join(app.stateDir, 'probe')), [])
})

test('warming up that fails is a warning, and no reason to refuse a release', async t => {
  const app = await startHealth(t, await packHealth(t, '1.0.0'), { args: ['--warm-up', '/healthz'] })
  const healthz = "response.statusCode = 500; response.end('cold')"
  const { release } = await app.upgrade(await packHealth(t, '2.0.0', { healthz }))
  assert.equal(release.version, '2.0.0')
  assert.match(
    app.output(),
    /warming up peer 2\.0: GET \/healthz was answered with 500 Internal Server Error and "cold" \(20 of 20 times\)/,
  )
})

test('the first start fails with the same code, and leaves nothing', async t => {
  const stateRoot = tempDir(t)
  const archive = await packHealth(t, '1.0.0', { healthz: 'response.writeHead(500).end()' })
  const args = ['start', archive, '--port', '0', '--state-dir', stateRoot, '--health', '/healthz', ...QUICK]
  const result = await beam([...args, '--json'], { env: { NOTES: join(stateRoot, 'notes') } })
  assert.equal(errorOf(result, 1).code, 'health_check_failed')
  assert.deepEqual(readdirSync(join(stateRoot, 'health-app', 'releases')), [])
})

test('a rollback is checked, too, by the check of the release that it goes to', async t => {
  const healthz = `
    response.statusCode = existsSync(process.env.NOTES + '.unwell') ? 500 : 200
    response.end()`
  const files = {
    'healthz.js': `import { existsSync } from 'node:fs'\nexport default (_, response) => {${healthz}}\n`,
  }
  const config = { healthCheck: { path: '/healthz', tries: 1 } }
  const app = await startHealth(t, await packHealth(t, '1.0.0', { files, config }))
  await app.upgrade(await packHealth(t, '2.0.0'))
  assert.deepEqual(app.requests('2.0.0'), [], 'one without a check is not asked')
  writeFileSync(`${app.notes}.unwell`, '')
  const error = errorOf(await app.command('rollback', '--json'))
  assert.equal(error.code, 'health_check_failed')
  assert.equal((await app.status()).release?.version, '2.0.0')
  rmSync(`${app.notes}.unwell`)
  assert.equal((await app.rollback()).release.version, '1.0.0')
})

test('status and progress say what is asked, and what was answered', async t => {
  const config = { healthCheck: { path: '/healthz', tries: 2, interval: '10m' } }
  const app = await startHealth(t, await packHealth(t, '1.0.0'))
  assert.equal((await app.status()).step, null)
  const archive = await packHealth(t, '2.0.0', { healthz: 'response.writeHead(503).end()', config })
  const upgrade = app.command('upgrade', archive)
  const status = await until(async () => {
    const found = await app.status()
    return found.step?.text.includes('(try 1 of 2)') && found
  })
  assert.equal(status.step?.phase, 'health')
  assert.match(
    String(status.step?.text),
    /^peer 2\.0: GET \/healthz was answered with 503 Service Unavailable/,
  )
  assert.deepEqual(
    status.peers.map(({ release, state }) => [release.version, state]),
    [
      ['1.0.0', 'serving'],
      ['2.0.0', 'ready'],
    ],
  )
  await app.stop()
  const { code, stderr } = await upgrade
  assert.equal(code, 1)
  assert.match(stderr, /checking 2\.0\.0\n.*GET \/healthz was answered with 503[\s\S]*stopping/)
})

test('the check is a step with events of its own', async t => {
  const recording = recordEvents(t)
  const unwell = { healthCheck: { requests: [{ path: '/', text: 'another' }], tries: 1 } }
  const pack = (version: string, config: object) =>
    packApp(t, 'hears-events', { version, manifest: { beamDeploy: config } })
  const app = await startApp(t, await pack('1.0.0', {}), { env: recording.env })
  const pid = (await app.status()).activePeer?.pid ?? 0
  await failingUpgrade(app, await pack('2.0.0', unwell))
  const failed = (await recording.until(pid, 'upgrade:error')).slice(-5)
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['boot:end', 'health:start', 'peer:exit', 'health:error', 'upgrade:error'],
  )
  for (const { message } of failed.slice(-2)) assert.equal(message.code, 'health_check_failed')
  const { phases } = await app.upgrade(await pack('3.0.0', { healthCheck: '/' }))
  const passed = recording.names((await app.status()).activePeer?.pid ?? 0).slice(0, 5)
  assert.deepEqual(passed, ['peer:ready', 'boot:end', 'health:start', 'health:end', 'cutover:start'])
  assert.deepEqual(Object.keys(phases), ['unpack', 'boot', 'health', 'cutover'])
})
