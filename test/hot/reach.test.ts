import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('a constant reaches every module of a folder that requires it, not only the first', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.cjs': `require('./limit.cjs'); require('./pool.cjs')`,
      'limit.cjs': 'exports.limit = 35',
      'pool.cjs': `const { limit } = require('./limit.cjs')\nexports.size = limit * 2`,
    },
    { entry: 'app.cjs' },
  )
  await program.upgrade({ 'limit.cjs': 'exports.limit = 50' })
  assert.equal(await program.run(`return require('./pool.cjs').size`), 100)
})

test('a constant reaches a module that an earlier upgrade has made import it', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import './limit.js'\nimport './pool.js'`,
    'limit.js': 'export const limit = 35',
    'pool.js': 'export const size = 70',
  })
  await program.upgrade({ 'pool.js': `import { limit } from './limit.js'\nexport const size = limit * 2` })
  await program.upgrade({ 'limit.js': 'export const limit = 50' })
  assert.equal(await program.run(`return (await load('./pool.js')).size`), 100)
})

test('what is required inside of a function does not come before the module that it needs', async t => {
  const files = {
    'app.cjs': `require('./a.cjs')`,
    'a.cjs': `exports.one = 1\nexports.later = () => require('./b.cjs').two\nrequire('./b.cjs')`,
    'b.cjs': `const a = require('./a.cjs')\nexports.two = a.one + 1`,
  }
  const program = await startHotProgram(t, files, { entry: 'app.cjs' })
  await program.upgrade({
    'a.cjs': files['a.cjs'].replace('one = 1', 'one = 10'),
    'b.cjs': `const a = require('./a.cjs')\nexports.two = a.one + 2`,
  })
  assert.equal(await program.run(`return require('./a.cjs').later()`), 12)
})

test('a module that only the new release has is required by one that was loaded before', async t => {
  const program = await startHotProgram(t, { 'app.cjs': `exports.load = () => 1` }, { entry: 'app.cjs' })
  await program.upgrade({
    'app.cjs': `const added = require('./added.cjs')\nexports.load = () => added.two`,
    'added.cjs': 'exports.two = 2',
  })
  assert.equal(await program.run(`return require('./app.cjs').load()`), 2)
})

test('a statement that begins with a call of something new does not go on with the one before', async t => {
  const program = await startHotProgram(t, { 'app.js': 'export const run = () => 1' })
  await program.upgrade({
    'app.js': `
let total = 1
function add(number) {
  total += number
}
export const run = () => {
  const before = total
  add(2)
  return total - before
}`,
  })
  assert.equal(await program.run(`return (await load('./app.js')).run()`), 2)
})

test('what a module exports by another name now is found through the whole of it', async t => {
  const files = {
    'app.js': `import './greet.js'`,
    'words.js': `export const hello = 'hello'`,
    'greet.js': `import * as words from './words.js'\nexport const greet = () => words.hello`,
  }
  const program = await startHotProgram(t, files)
  await program.upgrade({
    'words.js': `export const goodDay = 'good day'`,
    'greet.js': files['greet.js'].replace('words.hello', 'words.goodDay'),
  })
  assert.equal(await program.run(`return (await load('./greet.js')).greet()`), 'good day')
})

test('a closure that uses what it did not before: its factory, which is the same otherwise, makes the new one', async t => {
  const text = 'export function scale(by) {\n  const twice = by * 2\n  return x => x * twice\n}'
  const program = await startHotProgram(t, { 'app.js': text })
  await program.upgrade({ 'app.js': text.replace('x * twice', 'x * by') })
  assert.equal(await program.run(`return (await load('./app.js')).scale(3)(4)`), 12)
})

test('a static field that was computed from what changes is a reason: a class keeps its identity', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { limit } from './limit.js'\nexport class Pool {\n  static size = limit * 2\n}`,
    'limit.js': 'export const limit = 35',
  })
  const { reasons } = await program.refusal({ 'limit.js': 'export const limit = 50' })
  assert.deepEqual(
    reasons?.map(({ module, line }) => ({ module, line })),
    [{ module: 'app.js', line: 2 }],
  )
  assert.equal(await program.run(`return (await load('./app.js')).Pool.size`), 70)
})

for (const [format, entry] of [
  ['an ES module', 'app.mjs'],
  ['CommonJS', 'app.cjs'],
] as const)
  test(`a function that somebody keeps is computed now, from another one: the kept one calls that (${format})`, async t => {
    const exported = entry === 'app.mjs' ? 'export const greet =' : 'exports.greet ='
    const twice = 'const twice = wrapped => name => wrapped(wrapped(name))\n'
    const program = await startHotProgram(t, { [entry]: `${exported} name => 'hello ' + name` }, { entry })
    await program.run(`globalThis.kept = (await load('./' + given)).greet`, entry)
    await program.upgrade({ [entry]: `${twice}${exported} twice(name => name + '!')` })
    assert.equal(await program.run(`return kept('you')`), 'you!!')
    await program.upgrade({ [entry]: `${twice}${exported} twice(name => name + '?')` })
    assert.equal(await program.run(`return kept('you')`), 'you??')
  })

test('what wraps the text of a function that somebody keeps is called by that, and stays around it', async t => {
  const app = (wrapper: string, text: string) =>
    `const loud = wrapped => name => wrapped(name) + '!'\nexport const greet = ${wrapper}(name => '${text} ' + name)`
  const program = await startHotProgram(t, { 'app.js': app('', 'hello') })
  await program.run(`globalThis.kept = (await load('./app.js')).greet`)
  const seen = () => program.run(`return [kept('you'), (await load('./app.js')).greet('you')]`)
  await program.upgrade({ 'app.js': app('loud', 'hello') })
  assert.deepEqual(await seen(), ['hello you!', 'hello you!'])
  await program.upgrade({ 'app.js': app('loud', 'hi') })
  assert.deepEqual(await seen(), ['hi you!', 'hi you!'])
})
