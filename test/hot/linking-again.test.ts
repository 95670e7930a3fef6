import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { LIVING } from './linking-app.ts'

const V2 = {
  'living.js': `
    let count = 0
    export const hit = () => (count += 1)
    export const version = () => 'v2'
    export const added = () => 'added'`,
}

const NAMES = ['added', 'hit', 'version']

test('what moves to another module and is passed on reaches those who import it from where it was', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { limit, tell } from './living.js'; export const get = () => [tell(), limit]; export const kept = [tell]`,
    'living.js': `export const limit = 1; export const tell = () => 'v1'`,
  })
  await program.upgrade({
    'living.js': `export { limit, tell } from './moved.js'`,
    'moved.js': `export const limit = 2; export const tell = () => 'v2'`,
  })
  assert.deepEqual(
    await program.run(`const app = await load('./app.js'); return [app.get(), app.kept[0]()]`),
    [['v2', 2], 'v2'],
  )
})

test('values of a CommonJS module reach ES modules that import them by name', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { limit } from './living.cjs'; export const get = () => limit`,
    'living.cjs': `exports.limit = 1`,
  })
  await program.upgrade({ 'living.cjs': `exports.limit = 2` })
  assert.equal(await program.run(`return (await load('./app.js')).get()`), 2)
})

test('the namespace of a module has what the module got by an upgrade, for living code too', async t => {
  const program = await startHotProgram(t, {
    ...LIVING,
    'app.js': `import * as living from './living.js'; import './barrel.js'; export const names = () => Object.keys(living)`,
  })
  assert.deepEqual(await program.run(`return (await load('./app.js')).names()`), ['hit', 'version'])
  await program.upgrade(V2)
  assert.deepEqual(await program.run(`return (await load('./app.js')).names()`), NAMES)
  assert.deepEqual(await program.run(`return Object.keys(await load('./living.js'))`), NAMES)
})

const KEPT = {
  'app.js': `
    import { tell } from './living.js'
    const kept = []
    kept.push(tell)
    export const all = () => [tell(), kept[0]()]`,
  'living.js': `export const tell = () => 'v1'`,
}

test('a function that moved and was given to somebody follows later upgrades, and becomes a value', async t => {
  const program = await startHotProgram(t, KEPT)
  const all = () => program.run(`return (await load('./app.js')).all()`)
  await program.upgrade({
    'living.js': `export * from './moved.js'`,
    'moved.js': `export function tell() { return 'v2' }`,
  })
  assert.deepEqual(await all(), ['v2', 'v2'])
  await program.upgrade({ 'moved.js': `export function tell() { return 'v3' }` })
  assert.deepEqual(await all(), ['v3', 'v3'])
  await program.upgrade({
    'living.js': `export { other as tell } from './again.js'`,
    'again.js': `export const other = () => 'v4'`,
  })
  assert.deepEqual(await all(), ['v4', 'v4'])
})

test('a class that moves is a reason: its instances would be left behind', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { Box } from './living.js'; const box = new Box(); export const all = () => [box.open()]`,
    'living.js': `export class Box { open() { return 'v1' } }`,
  })
  const { code, reasons } = await program.refusal({
    'living.js': `export { Box } from './moved.js'`,
    'moved.js': `export class Box { open() { return 'v2' } }`,
  })
  assert.equal(code, 'incompatible_change')
  assert.ok(reasons?.some(({ module, allow }) => module === 'living.js' && allow === 'living.js:Box'))
  assert.deepEqual(await program.run(`return (await load('./app.js')).all()`), ['v1'])
})

test('values of a CommonJS module reach ES modules through others', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
      import { limit } from './barrel.js'
      import * as all from './living.cjs'
      export class Reader { get() { return [limit, all.limit, (() => limit)()] } }
      export const reader = new Reader()`,
    'barrel.js': `export { limit } from './living.cjs'`,
    'living.cjs': `exports.limit = 1`,
  })
  for (const limit of [2, 3]) {
    await program.upgrade({ 'living.cjs': `exports.limit = ${limit}` })
    assert.deepEqual(await program.run(`return (await load('./app.js')).reader.get()`), [limit, limit, limit])
  }
})

test('an upgrade that is undone leaves facades and imports as they were', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
      import { limit } from './living.cjs'
      import * as living from './living.js'
      export const all = () => [limit, Object.keys(living)]`,
    'living.cjs': `exports.limit = 1`,
    'living.js': `export const one = 1`,
  })
  await program.upgrade({
    'living.js': `export const one = 1; export let two = 2; export const more = () => (two += 1)`,
    'late.js': `import { two, more } from './living.js'; export const all = () => [two, more(), two]`,
  })
  const all = () => program.run(`return [(await load('./app.js')).all(), (await load('./late.js')).all()]`)
  assert.deepEqual(await all(), [
    [1, ['more', 'one', 'two']],
    [2, 3, 3],
  ])
  const { code } = await program.refusal({
    'living.cjs': `exports.limit = 2`,
    'living.js': `export const one = 1; export let two = 2; export const more = () => (two += 10); export const three = 3; throw new Error('no')`,
  })
  assert.equal(code, 'hot_upgrade_failed')
  assert.deepEqual(await all(), [
    [1, ['more', 'one', 'two']],
    [3, 4, 4],
  ])
})
