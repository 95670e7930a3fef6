import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { list } from 'tar'
import {
  about,
  errorOf,
  failingUpgrade,
  get,
  holdRequest,
  pack,
  run,
  snapshot,
  until,
} from '../parent/support.ts'
import { beam, freePort, startApp } from '../support/beam.ts'
import { layOutApp, tempDir } from '../support/pack-app.ts'

const withConfig = (beamDeploy: object) => ({ manifest: { beamDeploy } })

test('endpoints, peers and name come from package.json; flags and environment go before', async t => {
  const [configured, flagged] = [await freePort(), await freePort()]
  const archive = await pack(
    t,
    '1.0.0',
    withConfig({ app: 'shop', endpoints: [{ port: configured }], peers: 2 }),
  )
  const app = await startApp(t, archive, { configured: true, port: configured })
  const status = await app.status()
  assert.deepEqual([status.app, status.endpoints, status.peers.length], ['shop', [String(configured)], 2])
  assert.equal((await about(configured)).version, '1.0.0')
  await app.stop()

  const other = await startApp(t, archive, { port: flagged, args: ['--peers', '1', '--app', 'other'] })
  const { endpoints, peers } = await other.status()
  assert.deepEqual([endpoints, peers.length], [[String(flagged)], 1])
  await other.stop()

  const third = await startApp(t, archive, { configured: true, env: { PORT: String(flagged) } })
  assert.deepEqual((await third.status()).endpoints, [String(flagged)])
})

test('a start again, with its first archive or none, has the configuration of what was switched to', async t => {
  const port = await freePort()
  const first = await pack(t, '1.0.0', withConfig({ endpoints: [{ port }], peers: 1 }))
  const second = await pack(t, '2.0.0', withConfig({ endpoints: [{ port }], peers: 2 }))
  const app = await startApp(t, first, { configured: true, port })
  await app.upgrade(second)
  await until(() =>
    /2\.0\.0 is configured otherwise in peers, which takes effect at the next start/.test(app.output()),
  )
  assert.equal((await app.status()).peers.filter(({ state }) => state === 'serving').length, 1)
  await app.stop()
  for (const archive of [first, null]) {
    const again = await startApp(t, archive, { configured: true, port, stateRoot: app.stateRoot })
    const { release, peers } = await again.status()
    assert.deepEqual([release?.version, peers.length], ['2.0.0', 2])
    await again.stop()
  }
})

test('a release brings its own time to stop; a flag goes before it', async t => {
  const long = await pack(t, '2.0.0', withConfig({ shutdownTimeout: '10m' }))
  for (const [args, isLong] of [
    [[], true],
    [['--shutdown-timeout', '40s'], false],
  ] as const) {
    const app = await startApp(t, await pack(t, '1.0.0'), { args })
    await app.upgrade(long)
    await until(async () => (await app.status()).peers.length === 1)
    const held = await holdRequest(t, app)
    await app.upgrade(await pack(t, '3.0.0'))
    const draining = (await app.status()).peers.find(({ state }) => state === 'draining')
    assert.equal(draining?.state === 'draining' && Number(draining.deadlineMs) > 60_000, isLong)
    await held.answer()
  }
})

test('a wrong configuration is refused: by start, which leaves nothing, and by upgrade, after which the old one serves', async t => {
  const bad = await pack(t, '2.0.0', withConfig({ peerz: 2 }))
  const stateRoot = tempDir(t)
  const started = await run(t, ['start', bad, '--port', '0', '--state-dir', stateRoot, '--json'])
  const refused = errorOf(started, 2)
  assert.equal(refused.code, 'invalid_option')
  assert.match(refused.message, /package\.json#beamDeploy: there is no option "peerz"; did you mean peers\?/)
  assert.deepEqual(readdirSync(stateRoot), [])

  const app = await startApp(t, await pack(t, '1.0.0'))
  const before = snapshot(app.stateDir)
  assert.equal((await failingUpgrade(app, bad, 2)).code, 'invalid_option')
  assert.deepEqual(snapshot(app.stateDir), before)
  assert.equal((await about(app.port)).version, '1.0.0')
})

test('callbacks that are modules reach the state of an application that knows nothing of us', async t => {
  const release = (version: string) =>
    pack(t, version, {
      manifest: {
        main: 'count.js',
        beamDeploy: { beforeCutover: './cutover.js', afterCutover: './cutover.js' },
      },
      files: {
        'counter.js': 'export const counter = { count: 0 }',
        'count.js': `import http from 'node:http'
          import { counter } from './counter.js'
          http.createServer((_, response) => response.end(String((counter.count += 1)))).listen(process.env.PORT)`,
        'cutover.js': `import { counter } from './counter.js'
          export const beforeCutover = () => counter.count
          export const afterCutover = before => { counter.count += before }`,
      },
    })
  const app = await startApp(t, await release('1.0.0'))
  for (const count of ['1', '2', '3']) assert.equal(await get(app.port, '/'), count)
  await app.upgrade(await release('2.0.0'))
  await until(async () => (await app.status()).peers.length === 1)
  let asked = 0
  await until(async () => {
    asked += 1
    return Number(await get(app.port, '/')) === 3 + asked
  })
})

test('release takes the configuration along, whatever `files` says, and checks it', async t => {
  const dir = layOutApp(t, 'tells-about-itself', {
    version: '1.0.0',
    manifest: { files: ['server.js', 'before-listen.js'], dependencies: {} },
    files: { 'beam-deploy.config.json': '{ "peers": 2 }' },
  })
  const out = join(dir, 'out.tgz')
  const built = await beam(['release', dir, '--out', out])
  assert.equal(built.code, 0, built.stderr)
  const paths: string[] = []
  await list({ file: out, onReadEntry: ({ path }) => void paths.push(path) })
  assert.ok(
    paths.some(path => path.endsWith('/beam-deploy.config.json')),
    paths.join(),
  )

  for (const [config, code, message] of [
    ['{ "peers": "x" }', 'invalid_option', /beam-deploy\.config\.json: peers is "x"/],
    [
      '{ "beforeCutover": "./not-listed.js" }',
      'build_failed',
      /not-listed\.js, which does not go into the release/,
    ],
  ] as const) {
    writeFileSync(join(dir, 'beam-deploy.config.json'), config)
    writeFileSync(join(dir, 'not-listed.js'), '')
    const refused = await beam(['release', dir, '--out', `${out}2.tgz`, '--json'])
    assert.equal(JSON.parse(refused.stdout).error.code, code)
    assert.match(JSON.parse(refused.stdout).error.message, message)
    assert.equal(existsSync(`${out}2.tgz`), false)
  }
})
