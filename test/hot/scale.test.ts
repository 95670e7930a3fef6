import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GENERATED_ENTRY, generateApp } from '../support/generated-app.ts'
import { startHotProgram } from '../support/hot-program.ts'
import { IMPORT, startWithProcesses } from './process-support.ts'

test('1 000 modules, one of which changes: that one is replaced, and the state of all stays', async t => {
  const app = (version: string) => generateApp({ modules: 1_000, version })
  const program = await startHotProgram(t, app('1.0.0'), { entry: GENERATED_ENTRY, env: { PORT: '0' } })
  const remember = `const first = await load('./part-0/module-0.js'); const last = await load('./part-19/module-999.js')
    return [first.version0(), first.remember0(given), last.remember999(given)]`
  assert.deepEqual(await program.run(remember, 'a'), ['1.0.0', 1, 1])
  const report = await program.upgrade(app('2.0.0'))
  assert.deepEqual(report.moduleNames, ['part-0/module-0.js'])
  assert.deepEqual(await program.run(remember, 'b'), ['2.0.0', 2, 2])
})

test('10 000 processes: each keeps its state, migrates once, and loses no message', async t => {
  const module = (version: string, more = '') => `${IMPORT}
    export const counter = defineProcess({
      name: 'counter', version: '${version}', init: start => ({ count: start }),
      calls: { add: (state, by) => [state.count += by, '${version}'], get: state => state },
      ${more}
    })`
  const program = await startWithProcesses(t, {
    'app.js': `import { counter } from './counter.js'
      globalThis.all = Array.from({ length: 10_000 }, (_, id) => counter.instance(String(id)))
      await Promise.all(all.map((each, id) => each.start(id)))`,
    'counter.js': module('1'),
  })
  // Half of the messages come while the upgrade is under way.
  const adding = program.run<[number, string][]>(`return Promise.all(all.map(each => each.call('add', 1)))`)
  const upgrading = program.upgrade({
    'counter.js': module('2', `codeChange: (from, { count }) => ({ count, from, migrations: 1 })`),
  })
  const more = program.run<[number, string][]>(`return Promise.all(all.map(each => each.call('add', 1)))`)
  const report = await upgrading
  assert.deepEqual(
    [report.processesSucceeded, report.processesSkipped, report.processesFailed],
    [10_000, 0, 0],
  )
  await Promise.all([adding, more])
  const last = await program.run<[number, string][]>(
    `return Promise.all(all.map(each => each.call('add', 1)))`,
  )
  assert.deepEqual(
    last.filter(([count, version], id) => count !== id + 3 || version !== '2'),
    [],
  )
  assert.deepEqual(await program.run(`return all[7].call('get')`), { count: 10, from: '1', migrations: 1 })
})

/** A module that is another one in each version: functions, closures, a method, and a table that is computed anew. */
const changing = (version: number) => `
  let calls = 0
  export const table = Array.from({ length: 50 }, (_, index) => index * ${version})
  export const hit = () => { calls += 1; return [${version}, calls, table[1]] }
  export class Store { describe() { return [${version}].map(number => number + table.length) } }
  ${Array.from({ length: 20 }, (_, index) => `export function work${index}(numbers) { return numbers.map(number => number * ${version} + ${index}) }`).join('\n')}
  export const workAll = () => [${Array.from({ length: 20 }, (_, index) => `work${index}`)}].map(work => work([1])[0])`

/** What one upgrade of {@link changing} may leave behind: its old code is freed. Node.js 26 itself keeps some 33 KB each time. */
const MOST_KB_EACH = 40

test('200 hot upgrades in a row: each with the state of all before, and no more memory than at the beginning', async t => {
  const program = await startHotProgram(
    t,
    { 'app.js': `import './changing.js'`, 'changing.js': changing(0) },
    { execArgv: ['--expose-gc'] },
  )
  await program.run(
    `globalThis.module = await load('./changing.js'); globalThis.store = new module.Store(); globalThis.hit = module.hit`,
  )
  const heap = () =>
    program.run<number>(`
      // What is freed tells of it in a task of its own.
      for (let round = 0; round < 5; round += 1) { gc(); await new Promise(setImmediate) }
      return process.memoryUsage().heapUsed / 1024`)
  let early = 0
  for (let version = 1; version <= 200; version += 1) {
    await program.upgrade({ 'changing.js': changing(version) })
    const found = await program.run(`return [hit(), store.describe(), module.workAll()[1]]`)
    assert.deepEqual(found, [[version, version, version], [version + 50], version + 1])
    if (version === 20) early = await heap()
  }
  const each = ((await heap()) - early) / 180
  assert.ok(each < MOST_KB_EACH, `${each.toFixed(1)} KB stay of each upgrade`)
})
