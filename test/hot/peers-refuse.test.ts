import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bothAnswer, pidsOf } from '../parent/hot-support.ts'
import { get } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { packApp } from '../support/pack-app.ts'

/** `/once` makes one of the peers different from the other: it alone loads `rare.js`, and has `globalThis.odd`. */
const SERVER = `
  import http from 'node:http'
  import { version } from './version.js'
  let answers = 0
  http.createServer(async (request, response) => {
    if (request.url === '/once') globalThis.odd = (await import('./rare.js')).odd
    answers += 1
    response.end(JSON.stringify({ version: version(), pid: process.pid, answers }))
  }).listen(process.env.PORT)`

const files = (version: string, more: Record<string, string> = {}) => ({
  'server.js': SERVER,
  'version.js': `export const version = () => '${version}'`,
  'rare.js': `export const odd = true`,
  ...more,
})

const pack = (t: TestContext, version: string, more?: Record<string, string>) =>
  packApp(t, 'seed-app', {
    version,
    files: files(version, more),
    manifest: { type: 'module', main: 'server.js', dependencies: {} },
  })

interface Answer {
  version: string
  pid: number
  answers: number
}

const refusals: [what: string, more: Record<string, string>, code: string, message: RegExp][] = [
  ['prepare', { 'rare.js': `export const odd = ` }, 'incompatible_change', /rare\.js/],
  [
    'commit',
    {
      'version.js': `export const version = () => '2.0.0'\nif (globalThis.odd) throw new Error('not in this one')`,
    },
    'hot_upgrade_failed',
    /not in this one/,
  ],
]
for (const [step, more, code, message] of refusals) {
  test(`two peers, one of which cannot ${step}: none is upgraded, and both are with the next release`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--peers', '2'] })
    await get(app.port, '/once')
    const pids = pidsOf(await app.status())
    const result = await app.command('hot-upgrade', await pack(t, '2.0.0', more), '--json')
    assert.notEqual(result.code, 0)
    const { error } = JSON.parse(result.stdout || result.stderr) as {
      error: { code: string; message: string }
    }
    assert.equal(error.code, code, result.stdout)
    assert.match(JSON.stringify(error), message)
    for (const { version } of await bothAnswer<Answer>(app)) assert.equal(version, '1.0.0')
    const refused = await app.status()
    assert.equal(refused.release?.version, '1.0.0')
    for (const peer of refused.peers) assert.ok(peer.state !== 'serving' || (peer.hot?.upgrades ?? 0) === 0)

    const { code: exit, stdout, stderr } = await app.command('hot-upgrade', await pack(t, '3.0.0'))
    assert.equal(exit, 0, `${stdout}${stderr}`)
    const answers = await bothAnswer<Answer>(app)
    assert.deepEqual(answers.map(({ pid }) => pid).toSorted(), pids.toSorted())
    for (const { version } of answers) assert.equal(version, '3.0.0')
  })
}
