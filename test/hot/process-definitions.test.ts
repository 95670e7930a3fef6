import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CODE_CHANGE,
  counterModule,
  counterOptions,
  ENTRY,
  IMPORT,
  startWithProcesses,
} from './process-support.ts'

const FACTORY = (version: string, step: number) => `${IMPORT}
  export function makeCounter() { return defineProcess(${counterOptions(version, step, CODE_CHANGE)}) }`

test('made by a factory in another module', async t => {
  const program = await startWithProcesses(t, {
    'app.js': ENTRY,
    'counter.js': `import { makeCounter } from './factory.js'; export const counter = makeCounter()`,
    'factory.js': FACTORY('1', 1),
  })
  await program.run(`await kept.call('increment')`)
  const changes = { 'factory.js': FACTORY('2', 10) }
  assert.deepEqual((await program.plan(changes)).processes, [
    { name: 'counter', from: '1', to: '2', instances: 2 },
  ])
  const report = await program.upgrade(changes)
  assert.equal(report.processesSucceeded, 2)
  assert.deepEqual(
    await program.run(`return [await kept.call('increment'), (await kept.call('get')).from]`),
    [11, '1'],
  )
})

test('made by a factory that is told name and version', async t => {
  const factory = `${IMPORT}
    export const make = (name, version) => defineProcess({
      name, version, init: () => [version], calls: { get: state => [...state, version] },
      codeChange: (from, state) => [...state, 'from ' + from],
    })`
  const entry = (version: string) => `
    import { make as define } from './factory.js'
    export const a = define('a', '${version}')
    export const b = define('b', '1')
    await Promise.all([a.start(), b.start()])`
  const program = await startWithProcesses(t, { 'app.js': entry('1'), 'factory.js': factory })
  const changes = { 'app.js': entry('2') }
  assert.deepEqual((await program.plan(changes)).processes, [{ name: 'a', from: '1', to: '2', instances: 1 }])
  await program.upgrade(changes)
  const get = `const { a, b } = await load('./app.js'); return [await a.call('get'), await b.call('get')]`
  assert.deepEqual(await program.run(get), [
    ['1', 'from 1', '2'],
    ['1', '1'],
  ])
  // What the factory defines changes for both.
  const other = { 'factory.js': factory.replace('[...state, version]', `[...state, version, 'more']`) }
  await program.upgrade(other)
  assert.deepEqual(await program.run(get), [
    ['1', 'from 1', '2', 'more'],
    ['1', '1', 'more'],
  ])
})

test('the version is a constant, and what the definition reads changes elsewhere', async t => {
  const versions = (version: string) => `export const VERSION = '${version}'`
  const program = await startWithProcesses(t, {
    'app.js': ENTRY,
    'counter.js': `import { VERSION } from './version.js'\n${counterModule('1', 1, CODE_CHANGE).replace(`version: '1'`, 'version: VERSION')}`,
    'version.js': versions('1'),
  })
  const changes = { 'version.js': versions('2') }
  assert.deepEqual((await program.plan(changes)).processes, [
    { name: 'counter', from: '1', to: '2', instances: 2 },
  ])
  const report = await program.upgrade(changes)
  assert.deepEqual([report.processesSucceeded, report.processNames], [2, ['counter']])
  assert.equal(await program.run(`return (await kept.call('get')).from`), '1')
})

test('exported by default', async t => {
  const byDefault = (text: string) => text.replace('export const counter =', 'export default')
  const program = await startWithProcesses(t, {
    'app.js': ENTRY.replace('{ counter }', 'counter'),
    'counter.js': byDefault(counterModule('1', 1)),
  })
  const report = await program.upgrade({ 'counter.js': byDefault(counterModule('2', 10, CODE_CHANGE)) })
  assert.equal(report.processesSucceeded, 2)
  assert.deepEqual(
    await program.run(`return [(await load('./counter.js')).default === kept, await kept.call('increment')]`),
    [true, 10],
  )
})

for (const [form, define] of [
  [
    'as tsc writes it',
    (options: string) =>
      `const process_1 = require('beam-deploy/process'); exports.counter = void 0; exports.counter = (0, process_1.defineProcess)(${options})`,
  ],
  [
    'in module.exports',
    (options: string) =>
      `const { defineProcess } = require('beam-deploy/process'); const counter = defineProcess(${options}); module.exports = { counter }`,
  ],
] as const) {
  test(`CommonJS, ${form}`, async t => {
    const program = await startWithProcesses(
      t,
      {
        'app.js': `const counter_1 = require('./counter'); const { counter } = require('./counter')
          counter_1.counter.start(); globalThis.kept = counter`,
        'counter.js': define(counterOptions('1', 1)),
      },
      { type: 'commonjs' },
    )
    await program.run(`await kept.call('increment')`)
    const changes = { 'counter.js': define(counterOptions('2', 10, CODE_CHANGE)) }
    assert.deepEqual((await program.plan(changes)).processes, [
      { name: 'counter', from: '1', to: '2', instances: 1 },
    ])
    assert.equal((await program.upgrade(changes)).processesSucceeded, 1)
    assert.deepEqual(
      await program.run(`return [require('./counter').counter === kept, await kept.call('increment')]`),
      [true, 11],
    )
  })
}

test('a definition that moves to another module takes its processes along', async t => {
  const program = await startWithProcesses(t, {
    'app.js': ENTRY.replace('./counter.js', './a.js'),
    'a.js': counterModule('1', 1),
  })
  await program.run(`await kept.call('increment')`)
  const changes = {
    'a.js': `export { counter } from './b.js'`,
    'b.js': counterModule('2', 10, CODE_CHANGE),
  }
  const { processes, reasons } = await program.plan(changes)
  assert.deepEqual(reasons, [])
  assert.deepEqual(processes, [{ name: 'counter', from: '1', to: '2', instances: 2 }])
  assert.equal((await program.upgrade(changes)).processesSucceeded, 2)
  assert.deepEqual(
    await program.run(`return [await kept.call('increment'), (await kept.call('get')).from]`),
    [11, '1'],
  )
})

const refused: [what: string, before: string, after: string, reason: RegExp][] = [
  [
    'a definition that is gone',
    counterModule('1', 1),
    `export const counter = null`,
    /process counter is not defined any more, and 2 live of it/,
  ],
  [
    'another name',
    counterModule('1', 1),
    counterModule('1', 1).replace(`name: 'counter'`, `name: 'meter'`),
    /process counter has another name now, meter/,
  ],
  [
    'a definition made when a function is called',
    `${IMPORT}const define = () => defineProcess(${counterOptions('1', 1)})\n let made; export const counter = { start: () => (made ??= define()).start(), instance: id => made.instance(id) }`,
    `${IMPORT}const define = () => defineProcess(${counterOptions('2', 1, CODE_CHANGE)})\n let made; export const counter = { start: () => (made ??= define()).start(), instance: id => made.instance(id) }`,
    /the definition of process counter changed, and it is made in a function/,
  ],
  [
    'defined and started in one statement',
    `${IMPORT}export const counter = await defineProcess(${counterOptions('1', 1)}).start()`,
    `${IMPORT}export const counter = await defineProcess(${counterOptions('2', 1)}).start()`,
    /waits with `await`/,
  ],
]
for (const [what, before, after, reason] of refused) {
  test(`refused: ${what}`, async t => {
    const entry = before.includes('await defineProcess') ? ENTRY.replace('await counter.start()', '') : ENTRY
    const program = await startWithProcesses(t, { 'app.js': entry, 'counter.js': before })
    await program.run(`await other.call('increment')`)
    const error = await program.refusal({ 'counter.js': after })
    assert.equal(error.code, 'incompatible_change')
    assert.ok(
      error.reasons?.some(({ message }) => reason.test(message)),
      error.message,
    )
    assert.equal(await program.run(`return other.call('increment')`), 2)
  })
}
