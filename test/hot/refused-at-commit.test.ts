import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

const APP = { 'app.js': `import './m.js'` }
const LOOK = `
  const m = await load('./m.js')
  return [Object.keys(m), m.f(), globalThis.trace ?? null, process.listenerCount('tick')]`
const V1 = `let n = 1\nconst table = { a: 1 }\nexport const f = () => [n, table.a]`

test('undone whole: a statement that runs anew throws', async t => {
  await assertRefused(t, {
    files: { ...APP, 'm.js': V1 },
    changes: {
      'm.js': `let n = 1\nexport const fresh = { a: 1 }\nconst table = null.x\nconst timer = setInterval(() => {}, 60_000)\nexport const f = () => [n, table.a, 2]`,
    },
    look: LOOK,
    reasons: [
      {
        at: 'm.js:3',
        says: /^it threw when it was evaluated: Cannot read properties of null/,
        remedy: /Correct/,
      },
    ],
    atCommit: 'hot_upgrade_failed',
  })
})

test('undone whole: a timer was begun before another statement threw', async t => {
  await assertRefused(t, {
    files: { ...APP, 'm.js': V1 },
    changes: {
      'm.js': `${V1}\nconst timer = setInterval(() => {}, 60_000)\nthrow new Error('not today')`,
    },
    look: LOOK,
    reasons: [{ at: 'm.js:5', says: /^it threw when it was evaluated: not today/ }],
    atCommit: 'hot_upgrade_failed',
  })
})

test('undone whole: a new module throws', async t => {
  await assertRefused(t, {
    files: { ...APP, 'm.js': V1 },
    changes: {
      'm.js': `import { x } from './new.js'\n${V1.replace('[n,', '[x,')}`,
      'new.js': `const before = 1\nexport const x = undefined.y`,
    },
    look: LOOK,
    reasons: [{ at: 'new.js:2', says: /^it could not be loaded: Cannot read properties of undefined/ }],
    atCommit: 'hot_upgrade_failed',
  })
})

test('what a statement did before another one threw, and that nobody can undo, is named', async t => {
  const program = await startHotProgram(t, { ...APP, 'm.js': V1 })
  const error = await program.refusal({
    'm.js': `${V1}\nprocess.on('tick', () => f())\nconst b = undefined.y`,
  })
  assert.equal(error.code, 'hot_upgrade_failed')
  assert.match(error.message, /m\.js:5: it threw/)
  assert.match(error.message, /not all of it: m\.js:4 calls `process\.on\(\)`/)
  assert.deepEqual(await program.run(LOOK), [['f'], [1, 1], null, 1])
})

const COUNTER = (version: string, codeChange: string) => `
import { defineProcess } from 'beam-deploy/process'
export const version = '${version}'
export const counter = defineProcess({
  name: 'counter', version: '${version}',
  init: () => ({ count: 0 }),
  calls: { up: state => { state.count += 1; return ['${version}', state.count] } },
  ${codeChange}
})
await counter.start()`

test('undone whole: codeChange throws', async t => {
  const throwing = COUNTER(
    '2',
    `codeChange: (from, state) => { state.count = 100; throw new Error('not today') },`,
  )
  const program = await assertRefused(t, {
    files: { 'app.js': `import './m.js'`, 'm.js': COUNTER('1', '') },
    changes: { 'm.js': throwing },
    program: { packages: ['beam-deploy'] },
    first: `await (await load('./m.js')).counter.call('up')`,
    look: `return [(await load('./m.js')).version, await (await load('./m.js')).counter.getState()]`,
    reasons: [
      {
        at: 'm.js:4',
        says: /^`codeChange` of counter threw: .*not today/,
        remedy: /onCodeChangeError: 'continue'/,
      },
    ],
    atCommit: 'hot_upgrade_failed',
  })
  const { counter } = { counter: `(await load('./m.js')).counter` }
  assert.deepEqual(await program.run(`return ${counter}.call('up')`), ['1', 2])
  // What is offered for it works.
  const { processesFailed } = await program.upgrade({ 'm.js': throwing }, { onCodeChangeError: 'continue' })
  assert.equal(processesFailed, 1)
  assert.deepEqual(
    await program.run(`return [(await load('./m.js')).version, await ${counter}.call('up')]`),
    ['2', ['1', 3]],
  )
})
