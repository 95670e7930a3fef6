import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const V1 = `
  export function count(a, b) { return [a, b] }
  export function all(a, ...more) { return [a, ...more] }
  export function fallback(a, { b } = {}, c = 1) { return [a, b, c] }
  export class Counter {
    constructor(a) { this.given = a }
    count(a) { return [a] }
  }
  export const arrow = a => [a]
  export const spread = (...all) => all`

test('what runs in place of a function can tell how many arguments were given', async t => {
  const program = await startHotProgram(t, { 'app.js': V1 })
  await program.upgrade({
    'app.js': V1.replace('{ return [a, b] }', '{ return arguments.length }')
      .replace('all(a, ...more) { return [a, ...more] }', 'all(...given) { return given.length }')
      .replace('{ return [a, b, c] }', '{ return arguments.length }')
      .replace('constructor(a) { this.given = a }', 'constructor(...given) { this.given = given.length }')
      .replace('count(a) { return [a] }', 'count() { return arguments.length }')
      .replace('(...all) => all', '(...all) => all.length'),
  })
  const after = await program.run(`
    const { all, count, Counter, fallback, spread } = await load('./app.js')
    const counter = new Counter()
    return [
      [count(), count(undefined), count(1, 2, 3)], [all(), all(1, 2)], [fallback(), fallback(1, undefined)],
      [counter.given, new Counter(undefined).given], [counter.count(), counter.count(1)], [spread(), spread(1)],
    ]`)
  assert.deepEqual(after, [
    [0, 1, 3],
    [0, 2],
    [0, 2],
    [0, 1],
    [0, 1],
    [0, 1],
  ])
})

test('where it cannot, code that looks at it is refused', async t => {
  const program = await startHotProgram(t, { 'app.js': V1 })
  const { reasons = [] } = await program.refusal({
    'app.js': V1.replace('arrow = a => [a]', 'arrow = (...given) => given'),
  })
  assert.match(reasons[0]?.message ?? '', /it looks at how many arguments it is called with/)
  assert.deepEqual(await program.run(`return (await load('./app.js')).arrow()`), [undefined])
  await program.upgrade({ 'app.js': V1.replace('arrow = a => [a]', 'arrow = (a, ...more) => [a, more]') })
  assert.deepEqual(await program.run(`return (await load('./app.js')).arrow()`), [undefined, []])
})

test('so it is in sloppy code', async t => {
  const sloppy = `exports.count = function (a) { return [a] }`
  const program = await startHotProgram(
    t,
    {
      'app.js': `require('./strict.js'); require('./sloppy.js')`,
      'strict.js': `'use strict'\n${sloppy}`,
      'sloppy.js': sloppy,
    },
    { type: 'commonjs' },
  )
  const counting = sloppy.replace('[a]', 'arguments.length')
  const { reasons = [] } = await program.refusal({
    'strict.js': `'use strict'\n${counting}`,
    'sloppy.js': counting,
  })
  assert.deepEqual(
    reasons.map(({ module }) => module),
    ['sloppy.js'],
  )
  await program.upgrade({ 'strict.js': `'use strict'\n${counting}` })
  assert.equal(await program.run(`return require('./strict.js').count()`), 0)
})
