import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HotProgram, startHotProgram } from '../support/hot-program.ts'
import { assertReasons, assertRefused } from '../support/hot-refusals.ts'

const COMMONJS = {
  'app.mjs': `import { list } from './list.cjs'\nimport { gone } from './m.cjs'\nexport const use = () => [list.length, gone()]`,
  'list.cjs': `exports.list = []\nexports.see = () => exports.list.length`,
  'm.cjs': `const api = {}
exports.gone = function () { return 'old' }
api.gone = function () { return 'old' }
api.stays = function () { return 1 }
exports.other = { gone: () => 'old', stays: () => 1 }
exports.api = api
exports.value = () => 'old'`,
}
const COMMONJS_AFTER = {
  'app.mjs': `import { list } from './list.cjs'\nimport './m.cjs'\nexport const use = () => [list.length]`,
  'm.cjs': `const api = {}
api.stays = function () { return 2 }
exports.other = { stays: () => 2 }
exports.api = api
exports.value = 'new'`,
}

test('CommonJS: an export or a property that is gone and that somebody has kept is a reason; where nobody has, it goes', async t => {
  const program = await assertRefused(t, {
    files: COMMONJS,
    changes: COMMONJS_AFTER,
    program: { entry: 'app.mjs' },
    first: `const { list } = require('./list.cjs'); const m = require('./m.cjs')
      list.push(m.gone, m.api.gone, m.other.gone, m.value)`,
    look: `const m = require('./m.cjs'); return [Object.keys(m), Object.keys(m.api), require('./list.cjs').list.map(f => f())]`,
    reasons: [
      {
        at: 'm.cjs:2',
        says: /^`exports.gone` is gone, .* kept by .*`list\[0\]`/,
        allow: 'm.cjs:exports.gone',
      },
      {
        at: 'm.cjs:3',
        says: /^a function of the statement here is gone, .* kept by the export `list\[1\]`$/,
        allow: 'm.cjs:3',
      },
      { at: 'm.cjs:5', says: /^the function that was here is gone/, allow: 'm.cjs:5' },
      { at: 'm.cjs:7', says: /^`exports.value` as a function is gone/, allow: 'm.cjs:exports.value' },
    ],
  })
  await program.run(`require('./list.cjs').list.length = 0`)
  await program.upgrade(COMMONJS_AFTER)
  const seen = await program.run(
    `const m = require('./m.cjs'); return [Object.keys(m), Object.keys(m.api), m.api.stays(), m.value]`,
  )
  assert.deepEqual(seen, [['other', 'api', 'value'], ['stays'], 2, 'new'])
})

const METHOD = (methods: string) =>
  `export class A {\n  ${methods}\n  stays() {}\n}\nexport const a = new A()\nexport const list = []`
const start = (t: Parameters<typeof startHotProgram>[0], methods: string) =>
  startHotProgram(t, { 'app.js': METHOD(methods) })
const NONE = { 'app.js': METHOD('') }
const keptBy = async (program: HotProgram, code: string) => {
  await program.run(`const m = await load('./app.js'); ${code}`)
  const { verdict, reasons } = await program.plan(NONE)
  assert.equal(verdict === 'hot', reasons.length === 0)
  return reasons
}

test('what is in progress comes to its end with the old code', async t => {
  const program = await start(
    t,
    `async gone() { await new Promise(end => { this.end = end }); return 'old' }`,
  )
  assert.deepEqual(await keptBy(program, 'globalThis.going = m.a.gone()'), [])
  await program.upgrade(NONE)
  const after = `const m = await load('./app.js'); m.a.end(); return [await going, typeof m.a.gone]`
  assert.deepEqual(await program.run(after), ['old', 'undefined'])
})

test('who has an error that was thrown there does not have the function', async t => {
  const program = await start(t, `gone() { throw new Error('x') }`)
  assert.deepEqual(await keptBy(program, 'try { m.a.gone() } catch (error) { globalThis.error = error }'), [])
  await program.upgrade(NONE)
})

test('what is let go of soon is no reason', async t => {
  const program = await start(t, 'gone() {}')
  assert.deepEqual(await keptBy(program, 'setTimeout(m.a.gone, 150)'), [])
})

test('a method that an upgrade has replaced, or added, is known when it is gone', async t => {
  const program = await start(t, `gone() { return 1 }`)
  await program.run(`const m = await load('./app.js'); m.list.push(m.a.gone)`)
  await program.upgrade({ 'app.js': METHOD(`gone() { return 2 } added() { return 3 }`) })
  await program.run(`const m = await load('./app.js'); m.list.push(m.a.added)`)
  assertReasons((await program.plan(NONE)).reasons, [
    { at: 'app.js:2', says: /^`gone` of `A` is gone, .* `list\[0\]`$/, allow: 'app.js:2' },
    { at: 'app.js:2', says: /^`added` of `A` is gone, .* `list\[1\]`$/, allow: 'app.js:2' },
  ])
  await program.run(`const m = await load('./app.js'); m.list.length = 0`)
  await program.upgrade(NONE)
  assert.deepEqual(
    await program.run(`const { a } = await load('./app.js'); return [typeof a.gone, typeof a.added]`),
    ['undefined', 'undefined'],
  )
})

test('a function of a module that is gone, taken in a way that no text tells', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { onX } from './h.js'\nexport const run = () => onX()`,
    'h.js': `export const onX = () => 'old'\nexport const other = () => 1`,
  })
  const after = { 'app.js': `export const run = () => 'new'`, 'h.js': null }
  await program.run(`globalThis.kept = Object.values(await load('./h.js'))[0]`)
  assertReasons((await program.plan(after)).reasons, [
    { at: 'h.js:1', says: /^`onX` is gone, .* kept by `globalThis.kept`$/, allow: 'h.js:onX' },
  ])
  await program.run('delete globalThis.kept')
  await program.upgrade(after)
  assert.equal(await program.run(`return (await load('./app.js')).run()`), 'new')
})

test('the heap is searched where something is gone, and for nothing else', async t => {
  const program = await start(t, 'gone() {}')
  await program.run(`
    const v8 = process.getBuiltinModule('node:v8')
    const { Session } = process.getBuiltinModule('node:inspector')
    const { getHeapSnapshot } = v8
    const { connect } = Session.prototype
    globalThis.searched = 0
    v8.getHeapSnapshot = () => { searched += 1; return getHeapSnapshot() }
    Session.prototype.connect = function () { searched += 1; connect.call(this) }`)
  const other = METHOD('gone() { return 2 }\n  more() {}').replace('stays() {}', 'stays() { return 1 }')
  await program.plan({ 'app.js': other })
  assert.equal(await program.run('return searched'), 0)
  await program.plan(NONE)
  assert.equal(await program.run('return searched'), 2)
})

test('in a heap that is too large to be searched, what is gone counts as kept, unless that is allowed', async t => {
  const program = await start(t, 'gone() {}')
  const found = await keptBy(
    program,
    'globalThis.large = Array.from({ length: 15 }, () => new Array(1e6).fill(0.5))',
  )
  assertReasons(found, [{ at: 'app.js:2', says: /the heap is too large/, allow: 'app.js:2' }])
  await program.upgrade(NONE, { allow: ['app.js:2'] })
})
