import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

interface Case {
  type?: 'commonjs'
  text: string
  /** What of the text is another one, and what in its place. */
  from: string
  to: string
  said: RegExp
}

/** State that is reached in ways of which each is easily overlooked. `hit()` counts, and says up to where. */
const REACHED: Record<string, Case> = {
  '`this` of a function that is exported': {
    type: 'commonjs',
    text: `exports.state = { n: 0 }\nexports.hit = function () { this.state.n += 1; return this.state.n }`,
    from: 'n: 0',
    to: 'n: 0, more: 1',
    said: /`exports\.state` holds live state, since m\.js:2 writes into it/,
  },
  '`this` of a method that is exported with others': {
    type: 'commonjs',
    text: `module.exports = {\n  state: { n: 0 },\n  hit() { return (() => { this.state.n += 1; return this.state.n })() },\n}`,
    from: 'n: 0',
    to: 'n: 0, more: 1',
    said: /`exports\.state` holds live state, since m\.js:3 writes into it/,
  },
  'a pattern that sets a property': {
    text: `const make = () => ({ n: 0 })\nconst state = make()\nexport const hit = () => { ({ next: state.n } = { next: state.n + 1 }); return state.n }`,
    from: '= make()',
    to: '= make(1)',
    said: /`state` holds live state, since m\.js:3 writes into it/,
  },
  'a promise among others': {
    text: `const make = async () => ({ n: 0 })\nconst state = make()\nexport const hit = async () => { const [own] = await Promise.all([state]); own.n += 1; return own.n }`,
    from: '= make()',
    to: '= make(1)',
    said: /`state` holds live state, since m\.js:3 writes into it/,
  },
  'a promise of which something is said': {
    text: `const make = async () => ({ n: 0 })\nconst state = make()\nexport const hit = async () => { const [{ value }] = await Promise.allSettled([state]); value.n += 1; return value.n }`,
    from: '= make()',
    to: '= make(1)',
    said: /`state` holds live state, since m\.js:3 writes into it/,
  },
  'its own name for a property': {
    text: `const make = () => ({ n: 0 })\nconst state = make()\nconst all = () => ({ state })\nexport const hit = () => { const { state: own } = all(); own.n += 1; return own.n }`,
    from: '= make()',
    to: '= make(1)',
    said: /`state` holds live state, since m\.js:4 writes into it/,
  },
  'a module that is imported by one of a table': {
    text: `const make = () => ({ n: 0 })\nexport const state = make()\nconst table = { m: () => import('./m.js') }\nexport const hit = async () => { const { state: own } = await table.m(); own.n += 1; return own.n }`,
    from: '= make()',
    to: '= make(1)',
    said: /`state` holds live state, since m\.js:3 hands it on/,
  },
  'what is kept under it': {
    text: `const key = { name: 'a' }\nconst all = new Map()\nexport const hit = () => { all.set(key, (all.get(key) ?? 0) + 1); return all.get(key) }`,
    from: `'a'`,
    to: `'b'`,
    said: /`key` holds live state, since m\.js:3 tells it from others by being itself/,
  },
  'what is there in its place': {
    text: `const none = { name: 'none' }\nconst slots = new Map()\nexport const hit = () => { if (!slots.size) slots.set(0, none).set('n', 0); slots.set('n', slots.get('n') + (slots.get(0) === none ? 1 : 100)); return slots.get('n') }`,
    from: `'none'`,
    to: `'nothing'`,
    said: /`none` holds live state, since m\.js:3 tells it from others by being itself/,
  },
}

for (const [how, { type = 'module', text, from, to, said }] of Object.entries(REACHED))
  test(`refused: state is lost with ${how}`, async t => {
    const app = {
      module: `import * as m from './m.js'\nexport const hit = () => m.hit()`,
      commonjs: `const m = require('./m.js')\nexports.hit = () => m.hit()`,
    }[type]
    const program = await startHotProgram(t, { 'app.js': app, 'm.js': text }, { type })
    const hit = () => program.run(`return (await load('./app.js')).hit()`)
    assert.equal(await hit(), 1)
    const { message } = await program.refusal({ 'm.js': text.replace(from, to) })
    assert.match(message, said)
    assert.equal(await hit(), 2)
    // What functions do is theirs.
    await program.upgrade({ 'm.js': text.replace(/return (?=[a-z(])/, 'return 100 + ') })
    assert.equal(await hit(), 103)
  })

const COMPARED = `
const levels = { low: 1, high: 2 }
const limits = { low: { most: 1 } }
export const hit = level => [level === levels.low, ['low'].includes(Object.keys(limits)[0]), limits === undefined, limits.low.most]
`

test('what is compared by its value may change', async t => {
  const program = await startHotProgram(t, { 'app.js': `import './m.js'`, 'm.js': COMPARED })
  const hit = () => program.run(`return (await load('./m.js')).hit(3)`)
  assert.deepEqual(await hit(), [false, true, false, 1])
  await program.upgrade({ 'm.js': COMPARED.replace('low: 1', 'low: 3').replace('most: 1', 'most: 5') })
  assert.deepEqual(await hit(), [true, true, false, 5])
})
