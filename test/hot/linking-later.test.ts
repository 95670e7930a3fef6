import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { LIVING } from './linking-app.ts'

const V2 = {
  'living.js': `
    let count = 0
    export const hit = () => (count += 1)
    export const version = () => 'v2'
    export let total = 10
    export function added(by = 1) { total += by; return 'added ' + version() }
    export class Box { open() { return 'open' } }
    export const table = { a: 1 }
    export default 'fallback'`,
}

const USERS = {
  'named.js': `
    import fallback, { added, Box, hit, table, total, version } from './living.js'
    export const all = () => [fallback, added(), new Box().open(), hit(), table.a, total, version()]`,
  'whole.js': `
    import * as living from './living.js'
    export const names = Object.keys(living)
    export const all = () => [living.default, living.added(), living.total]`,
  'through.js': `
    import { added, total } from './barrel.js'
    export * from './barrel.js'
    export { added as again } from './living.js'
    export const all = () => [added(), total]`,
}

const NAMES = ['Box', 'added', 'default', 'hit', 'table', 'total', 'version']

test('what a living module got by an upgrade is there for modules that are loaded later', async t => {
  const program = await startHotProgram(t, LIVING)
  await program.run(`return (await load('./living.js')).hit()`)
  await program.upgrade({ ...V2, ...USERS })
  assert.deepEqual(await program.run(`return (await load('./named.js')).all()`), [
    'fallback',
    'added v2',
    'open',
    2,
    1,
    11,
    'v2',
  ])
  assert.deepEqual(await program.run(`const m = await load('./whole.js'); return [m.names, m.all()]`), [
    NAMES,
    ['fallback', 'added v2', 12],
  ])
  assert.deepEqual(
    await program.run(
      `const m = await load('./through.js'); return [m.all(), m.again(), m.total, Object.keys(m)]`,
    ),
    [['added v2', 13], 'added v2', 14, ['Box', 'added', 'again', 'all', 'hit', 'table', 'total', 'version']],
  )
})

test('and follows upgrades that come after that', async t => {
  const program = await startHotProgram(t, LIVING)
  await program.upgrade({ ...V2, ...USERS })
  await program.run(`return (await load('./named.js')).all()`)
  await program.upgrade({
    'living.js': V2['living.js']
      .replace("'added '", "'more '")
      .replace("'open'", "'wide open'")
      .replace('a: 1', 'a: 2'),
  })
  assert.deepEqual(await program.run(`return (await load('./named.js')).all()`), [
    'fallback',
    'more v2',
    'wide open',
    2,
    2,
    12,
    'v2',
  ])
})

test('a module that an upgrade adds gets what the same upgrade adds elsewhere', async t => {
  const program = await startHotProgram(t, LIVING)
  await program.upgrade({
    ...V2,
    ...USERS,
    'app.js': `import './living.js'; import './barrel.js'; import { all } from './named.js'; import { all as more } from './through.js'
      export const both = () => [all(), more()]`,
  })
  assert.deepEqual(await program.run(`return (await load('./app.js')).both()`), [
    ['fallback', 'added v2', 'open', 1, 1, 11, 'v2'],
    ['added v2', 12],
  ])
})

test('CommonJS gets what an ES module got by an upgrade', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.cjs': `exports.early = () => require('./living.mjs')`,
      'living.mjs': `export const version = () => 'v1'`,
    },
    { entry: 'app.cjs', type: 'commonjs' },
  )
  assert.deepEqual(await program.run(`return Object.keys(require('./app.cjs').early())`), ['version'])
  await program.upgrade({
    'living.mjs': `export const version = () => 'v2'; export const added = () => 'added'`,
    'late.cjs': `const { added, version } = require('./living.mjs'); exports.all = () => [added(), version()]`,
  })
  assert.deepEqual(await program.run(`return require('./late.cjs').all()`), ['added', 'v2'])
  assert.deepEqual(await program.run(`return Object.keys(require('./app.cjs').early())`), [
    'added',
    'version',
  ])
})

test('ES modules get what a CommonJS module got by an upgrade', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { version } from './living.cjs'; import './required.js'; export { version }`,
    'required.js': `import { createRequire } from 'node:module'; createRequire(import.meta.url)('./required.cjs')`,
    'living.cjs': `exports.version = () => 'v1'`,
    'required.cjs': `exports.version = () => 'v1'`,
  })
  await program.upgrade({
    'living.cjs': `exports.version = () => 'v2'; exports.added = () => 'added'`,
    'required.cjs': `exports.version = () => 'v2'; exports.added = () => 'added'`,
    'late.js': `
      import living, { added, version } from './living.cjs'
      import { added as other } from './required.cjs'
      export const all = () => [added(), version(), living.added(), other()]`,
  })
  assert.deepEqual(await program.run(`return (await load('./late.js')).all()`), [
    'added',
    'v2',
    'added',
    'added',
  ])
})

test('an export that is gone is gone for modules that are loaded later', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import './living.js'`,
    'living.js': `export const one = 1; export const two = 2`,
  })
  await program.upgrade({
    'living.js': `export const one = 1`,
    'late.js': `export { two } from './living.js'`,
    'names.js': `import * as living from './living.js'; export const names = Object.keys(living)`,
  })
  await assert.rejects(program.run(`return load('./late.js')`), {
    name: 'SyntaxError',
    message: /does not provide an export named 'two'/,
  })
  assert.deepEqual(await program.run(`return (await load('./names.js')).names`), ['one'])
})

test('an import that no longer has what it names refuses the upgrade, in modules that did not change too', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { two } from './barrel.js'; export const get = () => two`,
    'barrel.js': `export * from './living.js'`,
    'living.js': `export const one = 1; export const two = 2`,
  })
  const { code, reasons } = await program.refusal({ 'living.js': `export const one = 1` })
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(
    reasons?.map(({ module, line }) => [module, line]),
    [['app.js', 1]],
  )
  assert.match(reasons?.[0]?.message ?? '', /imports `two` from '\.\/barrel\.js', which does not export that/)
})
