import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

/** A module that makes something of what it imports when it is evaluated, and takes changes of that in hand. */
const APP: Files = {
  'app.js': `
import { limit, describe } from './dep.js'
export const seen = []
export let current = limit
export const first = describe()
import.meta.hot?.accept('./dep.js', dep => { seen.push({ ...dep, described: dep.describe() }); current = dep.limit })
export const look = () => ({ seen: seen.map(({ describe, ...rest }) => rest), current, first, now: [limit, describe()] })`,
  'dep.js': `
import { base } from './leaf.js'
export const limit = base * 10
export const describe = () => 'limit ' + limit`,
  'leaf.js': `export const base = 1`,
  'other.js': '',
}

interface Look {
  seen: Record<string, unknown>[]
  current: unknown
  first: unknown
  now: unknown[]
}

const LOOK = `return (await load('./app.js')).look()`

test('a callback of accept is called once for each upgrade that changes the dependency or what is below it, with all that it exports', async t => {
  const program = await startHotProgram(t, APP)
  await program.upgrade({ 'other.js': 'export const nothing = 1' })
  assert.deepEqual((await program.run<Look>(LOOK)).seen, [])
  const report = await program.upgrade({ 'leaf.js': `export const base = 2` })
  assert.deepEqual(await program.run(LOOK), {
    seen: [{ limit: 20, described: 'limit 20' }],
    current: 20,
    first: 'limit 10',
    now: [20, 'limit 20'],
  })
  assert.deepEqual(report.notes, [
    "app.js: a callback of `import.meta.hot.accept` takes the change of './dep.js' in hand",
  ])
  // What upgrades have added is there, and what they have taken away is not.
  await program.upgrade({
    'dep.js': `
import { base } from './leaf.js'
export const limit = base * 10
export { base as renamed } from './leaf.js'
export let added = 'yes'
export function change() { added = 'changed' }
export const describe = () => 'at most ' + limit
export default class Thing {}`,
  })
  await program.upgrade({ 'leaf.js': `export const base = 3` })
  const { seen } = await program.run<Look>(
    `const app = await load('./app.js'); const { seen } = app.look(); seen.at(-1).default = typeof seen.at(-1).default; seen.at(-1).change = typeof seen.at(-1).change; seen.at(-2).default = 0; seen.at(-2).change = 0; return { seen }`,
  )
  assert.deepEqual(seen.slice(1), [
    { limit: 20, described: 'at most 20', renamed: 2, added: 'yes', default: 0, change: 0 },
    { limit: 30, described: 'at most 30', renamed: 3, added: 'yes', default: 'function', change: 'function' },
  ])
})

test('several dependencies: those that have not changed are undefined, and what is read is what there is then', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
import { a } from './a.js'
import { b } from './b.js'
export const seen = []
const sum = a + b
export const total = () => sum
let last
import.meta.hot.accept(['./a.js', './b.js'], modules => { last = modules; seen.push(modules.map(each => each && { ...each })) })
export const again = () => last.map(each => each && { ...each })`,
    'a.js': `export let a = 1\nexport const set = value => { a = value }`,
    'b.js': `export const b = 1`,
  })
  await program.upgrade({ 'a.js': `export let a = 1\nexport const set = value => { a = value + 1 }` })
  await program.run(`(await load('./a.js')).set(4)`)
  await program.upgrade({ 'b.js': `export const b = 2` })
  const seen = await program.run<Record<string, unknown>[][]>(
    `return (await load('./app.js')).seen.map(all => all.map(each => each && Object.fromEntries(Object.entries(each).filter(([, value]) => typeof value !== 'function'))))`,
  )
  assert.deepEqual(seen, [
    [{ a: 1 }, undefined],
    [undefined, { b: 2 }],
  ])
  assert.equal(await program.run(`return (await load('./app.js')).total()`), 2)
})

test('functions of an accepted dependency that ran are left alone too, but not those that are reached another way', async t => {
  const app = (imports: string) => `
import { make } from './dep.js'
${imports}
export const made = make()
globalThis.started = (globalThis.started ?? 0) + 1
import.meta.hot.accept('./dep.js', () => {})`
  const files: Files = {
    'app.js': app(''),
    'dep.js': `import { step } from './leaf.js'\nexport const make = () => step() + 1`,
    'leaf.js': `export const step = () => 1`,
  }
  const program = await startHotProgram(t, files)
  await program.upgrade({ 'leaf.js': `export const step = () => 2` })
  assert.equal(await program.run(`return (await load('./app.js')).made`), 2)
  const other = await startHotProgram(t, {
    ...files,
    'app.js': app(
      `import { step } from './leaf.js'\nregister(step())\nfunction register() { process.on('exit', () => {}) }`,
    ),
  })
  const { code, reasons } = await other.refusal({ 'leaf.js': `export const step = () => 2` })
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(
    reasons?.map(({ module, line }) => [module, line]),
    [['app.js', 4]],
  )
})

test('what is accepted no more in the new text is followed as if it never had been', async t => {
  const program = await startHotProgram(t, APP)
  const app = String(APP['app.js'])
  const without = app.replace(/^import\.meta\.hot.*$/m, '')
  const { reasons } = await program.refusal({ 'app.js': without, 'leaf.js': `export const base = 2` })
  assert.deepEqual(
    reasons?.map(({ module, line }) => [module, line]),
    [['app.js', 4]],
  )
})

test('what is accepted in other words in the new text is still accepted, and what is new is not called', async t => {
  const program = await startHotProgram(t, APP)
  const app = String(APP['app.js'])
  const other = app.replace(
    /^import\.meta\.hot\?\.accept\('\.\/dep\.js', (.*)\)$/m,
    `import.meta.hot?.accept(['./dep.js'], ([dep]) => seen.push({ limit: dep.limit, describe, others: true }))
import.meta.hot?.accept('./leaf.js', () => seen.push('never'))`,
  )
  await program.upgrade({ 'app.js': other, 'leaf.js': `export const base = 2` })
  const { seen, first } = await program.run<Look>(LOOK)
  assert.deepEqual({ seen, first }, { seen: [{ limit: 20, others: true }], first: 'limit 10' })
})

test('CommonJS: what require gives, whatever way the dependency is written', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.js': `
const { limit } = require('./dep')
const seen = []
const first = limit
module.hot?.accept('./dep.js', dep => seen.push({ ...dep }))
exports.look = () => ({ seen, first })`,
      'dep.js': `exports.limit = 1`,
    },
    { type: 'commonjs' },
  )
  await program.upgrade({ 'dep.js': `exports.limit = 2\nexports.added = true` })
  assert.deepEqual(await program.run(`return require('./app.js').look()`), {
    seen: [{ limit: 2, added: true }],
    first: 1,
  })
})

test('an ES module that imports CommonJS or JSON gets what import gives', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
import dep from './dep.cjs'
import data from './data.json' with { type: 'json' }
export const seen = []
export const first = [dep.limit, data.limit]
import.meta.hot?.accept('./dep.cjs', module => seen.push({ ...module }))
import.meta.hot?.accept('./data.json', module => seen.push({ ...module }))`,
    'dep.cjs': `exports.limit = 1`,
    'data.json': `{ "limit": 1 }`,
  })
  await program.upgrade({ 'dep.cjs': `exports.limit = 2`, 'data.json': `{ "limit": 3 }` })
  assert.deepEqual(
    await program.run(`const { seen, first } = await load('./app.js'); return { seen, first }`),
    {
      seen: [{ default: { limit: 2 }, limit: 2 }, { default: { limit: 3 } }],
      first: [1, 1],
    },
  )
})

test('accept with a callback alone is told when statements of the module have run anew', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import './mod.js'`,
    'limit.js': `export const limit = 1`,
    'mod.js': `
import { limit } from './limit.js'
export const doubled = limit * 2
process.on('exit', () => limit)
export const seen = []
import.meta.hot.accept(module => seen.push(module.doubled))`,
  })
  await program.upgrade({ 'limit.js': `export const limit = 2` })
  assert.deepEqual(await program.run(`return (await load('./mod.js')).seen`), [4])
})

test('accept without what it needs says so', async t => {
  const program = await startHotProgram(t, {
    'app.js': `export let message
try { import.meta.hot.accept('./dep.js') } catch (error) { message = error.message }`,
  })
  assert.match(
    await program.run(`return (await load('./app.js')).message`),
    /accept\("\.\/dep\.js"\) needs a callback/,
  )
})

test('accept of a path that leads nowhere is named', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import './dep.js'\nimport.meta.hot.accept('./depp.js', () => {})`,
    'dep.js': 'export const a = 1',
  })
  const { notes } = await program.upgrade({ 'dep.js': 'export const a = 2' })
  assert.deepEqual(notes, [
    "app.js: `import.meta.hot.accept` of './depp.js' is for nothing, as there is no such module",
  ])
})
