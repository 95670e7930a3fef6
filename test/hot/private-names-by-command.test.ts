import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HotUpgradeReport, UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { bothAnswer, pidsOf } from '../parent/hot-support.ts'
import { errorOf } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { assertReasons } from '../support/hot-refusals.ts'
import { packApp } from '../support/pack-app.ts'

const SERVER = `
  import http from 'node:http'
  import { Session } from './session.js'
  let session
  http.createServer((request, response) => {
    session ??= new Session('living')
    response.end(JSON.stringify({ pid: process.pid, living: session.see(), fresh: new Session('fresh').see() }))
  }).listen(process.env.PORT)`

const session = (fields: string, method: string) => `
  export class Session {
    ${fields}
    see() { return [this.#name, this.kind, '${method}', this.#seen += 1].join() }
  }`

const FIRST = `#name; #seen = 0; kind = 'first'; constructor(name) { this.#name = name }`
const SECOND = `#name; #seen = 10; kind = 'second'; constructor(name) { this.#name = name + '!' }`

const pack = (t: TestContext, version: string, text: string) =>
  packApp(t, 'seed-app', {
    version,
    files: { 'server.js': SERVER, 'session.js': text },
    manifest: { type: 'module', main: 'server.js', dependencies: {} },
  })

interface Answer {
  pid: number
  living: string
  fresh: string
}

/** Without how often they have been asked. */
const seenIn = async (app: RunningApp) =>
  (await bothAnswer<Answer>(app)).map(({ living, fresh }) => [living.replace(/\d+$/, ''), fresh])

const ALLOW = ['--allow', 'session.js:Session']
const REASON = {
  at: 'session.js:2',
  says: /^the constructor or the fields of `Session` changed, and it has private names/,
  remedy: /Leave its constructor and fields as they were/,
  allow: 'session.js:Session',
}
const NOTE =
  'session.js:2: `Session` keeps its constructor and its fields of the release before: private names cannot cross'

test('by command, in two peers: private names are refused without leave, and with it the class keeps its constructor', async t => {
  const app = await startApp(t, await pack(t, '1.0.0', session(FIRST, 'm1')), { args: ['--peers', '2'] })
  const pids = pidsOf(await app.status()).toSorted()
  const planOf = async (archive: string, ...options: string[]) =>
    JSON.parse((await app.command('plan', archive, '--json', ...options)).stdout) as UpgradePlan
  const two = await pack(t, '2.0.0', session(SECOND, 'm2'))
  const refused = await planOf(two)
  assert.deepEqual([refused.verdict, refused.notes], ['blue-green', []])
  assertReasons(refused.reasons, [REASON])
  const error = errorOf(await app.command('hot-upgrade', two, '--json'))
  assert.equal(error.code, 'incompatible_change')
  assertReasons(error.reasons ?? [], [REASON])
  assert.match(error.message, /--allow session\.js:Session/)
  // A leave for something else is none.
  const other = await app.command('hot-upgrade', two, '--allow', 'session.js:Other', '--json')
  assert.equal(errorOf(other).code, 'incompatible_change')
  assert.deepEqual(await seenIn(app), Array(2).fill(['living,first,m1,', 'fresh,first,m1,1']))

  const plan = await planOf(two, ...ALLOW)
  assert.deepEqual([plan.verdict, plan.reasons, plan.notes], ['hot', [], [NOTE]])
  const done = await app.command('hot-upgrade', two, ...ALLOW, '--json')
  assert.equal(done.code, 0, done.stderr)
  const report = JSON.parse(done.stdout) as HotUpgradeReport
  assert.deepEqual([report.notes, report.peers.toSorted()], [[NOTE], pids])
  assert.deepEqual(await seenIn(app), Array(2).fill(['living,first,m2,', 'fresh,first,m2,1']))

  // Each upgrade asks again, until the text has them as they were.
  const three = await pack(t, '3.0.0', session(SECOND, 'm3'))
  assert.equal(errorOf(await app.command('hot-upgrade', three, '--json')).code, 'incompatible_change')
  const shown = await app.command('hot-upgrade', three, ...ALLOW)
  assert.equal(shown.code, 0, shown.stderr)
  assert.ok(shown.stdout.includes(`notes\n  ${NOTE}\n`), shown.stdout)
  const back = await app.command('hot-upgrade', await pack(t, '4.0.0', session(FIRST, 'm4')), '--json')
  assert.equal(back.code, 0, back.stderr)
  assert.deepEqual((JSON.parse(back.stdout) as HotUpgradeReport).notes, [])
  assert.deepEqual(await seenIn(app), Array(2).fill(['living,first,m4,', 'fresh,first,m4,1']))
  assert.deepEqual(pidsOf(await app.status()).toSorted(), pids)
})
