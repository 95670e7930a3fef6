import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { HotUpgradeReport } from '../../src/rpc/hot-contracts.ts'
import { bothAnswer, pidsOf, untilServing } from '../parent/hot-support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const files = (pace: string, late: string) => ({
  'server.js': `
import http from 'node:http'
import { pid } from 'node:process'
import { log, ticker } from './ticker.js'
import './late.js'
http.createServer((request, response) => response.end(JSON.stringify({ pid, log, ticker }))).listen(process.env.PORT)
import.meta.hot?.accept('./ticker.js', ticker => log.push('told ' + ticker.ticker))`,
  'ticker.js': `
import { pace } from './pace.js'
export const log = import.meta.hot?.data.log ?? []
export const ticker = begin(pace)
function begin(pace) { log.push('begin ' + pace); return pace }
import.meta.hot?.accept()
import.meta.hot?.dispose(data => { log.push('end ' + ticker); data.log = log })`,
  'pace.js': `export const pace = '${pace}'`,
  'late.js': late,
})

const pack = (t: TestContext, version: string, pace: string, late = '') =>
  packApp(t, 'seed-app', {
    version,
    files: files(pace, late),
    manifest: { type: 'module', dependencies: {} },
  })

/** What each process answers. */
const look = async (app: RunningApp) =>
  (await bothAnswer<{ pid: number; log: string[]; ticker: string }>(app)).map(({ log, ticker }) => ({
    log,
    ticker,
  }))

test('peers: what one has disposed of begins again when another cannot take the upgrade', async t => {
  const lock = join(tempDir(t), 'lock')
  const v1 = await pack(t, '1.0.0', 'slow')
  // Only the first that comes to it can.
  const v2 = await pack(
    t,
    '2.0.0',
    'fast',
    `import { mkdirSync } from 'node:fs'\nmkdirSync(${JSON.stringify(lock)})`,
  )
  const v3 = await pack(t, '3.0.0', 'fast')
  const app = await startApp(t, v1, { args: ['--peers', '2'] })
  const pids = pidsOf(await untilServing(app, 2))
  const failed = await app.command('hot-upgrade', v2, '--json')
  assert.notEqual(failed.code, 0)
  assert.match(failed.stdout + failed.stderr, /EEXIST/)
  const undone = await look(app)
  assert.deepEqual(
    undone.map(({ ticker }) => ticker),
    ['slow', 'slow'],
  )
  const logs = undone.map(({ log }) => log.join(', ')).toSorted()
  const there = 'begin slow, end slow, begin fast'
  assert.deepEqual(logs, [
    `${there}, end fast, begin slow`,
    `${there}, told fast, end fast, begin slow, told slow`,
  ])
  const { code, stdout, stderr } = await app.command('hot-upgrade', v3, '--json')
  assert.equal(code, 0, `${stdout}${stderr}`)
  const { notes } = JSON.parse(stdout) as HotUpgradeReport
  assert.match(
    notes.join('\n'),
    /server\.js: a callback of `import\.meta\.hot\.accept` takes the change of '\.\/ticker\.js' in hand/,
  )
  assert.match(notes.join('\n'), /ticker\.js: `import\.meta\.hot\.dispose` ends what line/)
  const done = await look(app)
  assert.deepEqual(
    done.map(({ ticker, log }) => [ticker, ...log.slice(-3)]),
    [
      ['fast', 'end slow', 'begin fast', 'told fast'],
      ['fast', 'end slow', 'begin fast', 'told fast'],
    ],
  )
  assert.deepEqual(pidsOf(await app.status()).toSorted(), pids.toSorted())
})
