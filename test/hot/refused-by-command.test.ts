import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { errorOf, get } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { assertReasons, type ExpectedReason } from '../support/hot-refusals.ts'
import { packApp } from '../support/pack-app.ts'

const SERVER = `
import http from 'node:http'
import { route } from './lib/route.js'
import { setting } from './lib/setting.js'
const server = http.createServer(async (request, response) => response.end(JSON.stringify(await route(request))))
server.keepAliveTimeout = setting.keepAlive
server.listen(process.env.PORT)
`

const ROUTE = `
import { pid } from 'node:process'
import { counter } from './counter.js'
const seen = new Map()
process.on('custom', () => seen.clear())
class Visit { #at = 1; get at() { return this.#at } }
export const route = async ({ url }) => {
  const count = (seen.get(url) ?? 0) + 1
  seen.set(url, count)
  return { version: '1', pid, count, counted: await counter.call('get'), at: new Visit().at }
}
`

const COUNTER = `
import { defineProcess } from 'beam-deploy/process'
export const counter = defineProcess({
  name: 'counter', version: '1', init: () => ({ count: 0 }), calls: { get: state => ['1', state.count] }
})
await counter.start()
`

const FILES: Record<string, string> = {
  'server.js': SERVER,
  'lib/route.js': ROUTE,
  'lib/setting.js': `export const setting = { keepAlive: 5_000 }`,
  'lib/counter.js': COUNTER,
}

let packed = 0

function pack(t: TestContext, files: Record<string, string>, manifest = {}): Promise<string> {
  packed += 1
  return packApp(t, 'seed-app', {
    version: `${packed}.0.0`,
    files: { ...FILES, ...files },
    manifest: { type: 'module', dependencies: { 'beam-deploy': '*' }, ...manifest },
  })
}

interface Refused {
  file: string
  text: string
  reasons: ExpectedReason[]
  atCommit?: true
}

const refused: Record<string, Refused> = {
  'a syntax error': {
    file: 'lib/route.js',
    text: `${ROUTE}\nexport const broken = (`,
    reasons: [{ at: 'lib/route.js:13', says: /Unexpected token/, remedy: /Correct it/ }],
  },
  'the server depends on a change': {
    file: 'lib/setting.js',
    text: `export const setting = { keepAlive: 6_000 }`,
    reasons: [{ at: 'server.js:6', says: /reads setting \(lib\/setting.js:1\)/, allow: 'server.js:6' }],
  },
  'an effect is gone': {
    file: 'lib/route.js',
    text: ROUTE.replace(/process\.on.*/, ''),
    reasons: [{ at: 'lib/route.js:5', says: /had an effect and is gone/, allow: 'lib/route.js:5' }],
  },
  'a statement throws': {
    file: 'lib/route.js',
    text: `${ROUTE}\nnull.x`,
    reasons: [{ at: 'lib/route.js:13', says: /it threw when it was evaluated/ }],
    atCommit: true,
  },
  'codeChange throws': {
    file: 'lib/counter.js',
    text: COUNTER.replace("version: '1'", "version: '2'").replace(
      'calls',
      `codeChange: () => { throw new Error('not today') }, calls`,
    ),
    reasons: [{ at: 'lib/counter.js:3', says: /`codeChange` of counter threw: .*not today/ }],
    atCommit: true,
  },
}

test('by command: each refusal has its reasons, and leaves the peer as it was', async t => {
  const app = await startApp(t, await pack(t, {}))
  const answer = async () => JSON.parse(await get(app.port, '/')) as Record<string, unknown>
  const { pid } = await answer()
  let count = 1
  const assertUntouched = async () => {
    count += 1
    assert.deepEqual(await answer(), { version: '1', pid, count, counted: ['1', 0], at: 1 })
  }
  for (const [name, { file, text, reasons, atCommit }] of Object.entries(refused)) {
    await t.test(name, async () => {
      const archive = await pack(t, { [file]: text })
      const planned = await app.command('plan', archive, '--json')
      const plan = JSON.parse(planned.stdout) as UpgradePlan
      assert.equal(plan.verdict, atCommit ? 'hot' : 'blue-green')
      assertReasons(plan.reasons, atCommit ? [] : reasons)
      await assertUntouched()
      const error = errorOf(await app.command('hot-upgrade', archive, '--json'))
      assert.equal(error.code, atCommit ? 'hot_upgrade_failed' : 'incompatible_change', error.message)
      assertReasons(error.reasons ?? [], reasons)
      for (const { at } of reasons) assert.ok(error.message.includes(at), error.message)
      await assertUntouched()
    })
  }
  await t.test('another application', async () => {
    const archive = await pack(t, {}, { name: 'another' })
    for (const command of ['plan', 'hot-upgrade'])
      assert.equal(errorOf(await app.command(command, archive, '--json')).code, 'invalid_release')
    await assertUntouched()
  })
  const good = await app.command(
    'hot-upgrade',
    await pack(t, { 'lib/route.js': ROUTE.replace("version: '1'", "version: '2'") }),
  )
  assert.equal(good.code, 0, good.stderr)
  assert.deepEqual(await answer(), { version: '2', pid, count: count + 1, counted: ['1', 0], at: 1 })
})
