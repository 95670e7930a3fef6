import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('refused: a variable that functions assign is exported now, which importers could not follow', async t => {
  const living = `let count = 0\nexport const hit = () => (count += 1)`
  const program = await startHotProgram(t, { 'app.js': `import './living.js'`, 'living.js': living })
  const changes = { 'living.js': living.replace('let', 'export let') }
  const { code, reasons } = await program.refusal(changes)
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(
    reasons?.map(({ module, line, allow }) => [module, line, allow]),
    [['living.js', 1, 'living.js:count']],
  )
  await program.upgrade(changes, { allow: ['living.js:count'] })
  assert.deepEqual(
    await program.run(`const all = await load('./living.js'); return [all.hit(), 'count' in all]`),
    [1, true],
  )
})

test('refused: what a statement has taken from the whole of a module that exports other names now', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import * as living from './living.js'\nconst seen = []\nseen.push(...Object.keys(living))\nglobalThis.seen = seen`,
    'living.js': `export const one = 1`,
  })
  const { code, reasons } = await program.refusal({
    'living.js': `export const one = 1; export const two = 2`,
  })
  assert.equal(code, 'incompatible_change')
  assert.ok(reasons?.every(({ module }) => module === 'app.js'))
})

test('what a variable was computed from the whole of a module is computed anew', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import * as living from './living.js'\nconst names = Object.keys(living)\nexport const see = () => names`,
    'living.js': `export const one = 1`,
  })
  await program.upgrade({ 'living.js': `export const one = 1; export const two = 2` })
  assert.deepEqual(await program.run(`return (await load('./app.js')).see()`), ['one', 'two'])
})
