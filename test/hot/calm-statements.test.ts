import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

/** Statements that set nothing going are told of in a cheaper way: all the same it is known what ran in them. */
for (const [what, statement] of Object.entries({
  'a calculation': 'export const seen = amount + 0',
  'a map': 'export const seen = new Map([[1, amount + 0]])',
  'a condition': 'export const seen = amount > 0 ? amount + 0 : 0',
})) {
  test(`a function that ran in ${what} and changes has that made anew`, async t => {
    const amountOf = (value: number) => `export const amount = { valueOf() { return ${value} } }`
    const files = {
      'app.js': `import { amount } from './amount.js'\nimport './other.js'\n${statement}`,
      'amount.js': amountOf(1),
      'other.js': 'export const other = new Set()',
    }
    const program = await startHotProgram(t, files)
    const see = () =>
      program.run(
        `const { seen } = await load('./app.js'); return String(seen instanceof Map ? seen.get(1) : seen)`,
      )
    assert.equal(await see(), '1')
    await program.upgrade({ 'amount.js': amountOf(2) })
    assert.equal(await see(), '2')
  })
}

test('a class of the module that has the name of a global one is none of those', async t => {
  const app = (delay: number) =>
    `class Map { constructor() { void this.begin() } async begin() { await null; this.timer = setInterval(() => {}, ${delay}) } }\nexport const map = new Map()\nexport const delay = () => ${delay}`
  const program = await startHotProgram(t, { 'app.js': app(60_000) })
  const error = await program.refusal({ 'app.js': app(50_000) })
  assert.match(error.message, /app\.js:2: .*Timeout|app\.js:2: .*timer/)
})

test('modules with the same text are told from each other', async t => {
  const text = (version: number) => `let count = 0\nexport const next = () => [(count += 1), ${version}]`
  const program = await startHotProgram(t, {
    'a.js': text(1),
    'b.js': text(1),
    'app.js': `import './a.js'\nimport './b.js'`,
  })
  const call = (file: string) => program.run(`return (await load('${file}')).next()`)
  assert.deepEqual(await call('./a.js'), [1, 1])
  assert.deepEqual(await call('./a.js'), [2, 1])
  await program.upgrade({ 'b.js': text(2) })
  assert.deepEqual(
    [await call('./a.js'), await call('./b.js')],
    [
      [3, 1],
      [1, 2],
    ],
  )
  await program.upgrade({ 'a.js': text(3), 'b.js': text(3) })
  assert.deepEqual(
    [await call('./a.js'), await call('./b.js')],
    [
      [4, 3],
      [2, 3],
    ],
  )
})

test('what hot loading does for a module that is loaded late is not done in the name of the statement that asks for it', async t => {
  const app = `const server = require('node:http').createServer((_, response) => response.end('here')).listen(0)\nexports.port = () => server.address().port`
  const program = await startHotProgram(t, { 'app.js': app }, { type: 'commonjs' })
  // With the first client the start is over, and what was read for it is put away.
  const port = await program.run(`return (await load('./app.js')).default.port()`)
  assert.equal(await (await fetch(`http://localhost:${port}`)).text(), 'here')
  const late = (value: string) =>
    `${app}\nconst late = require(['./late', 'js'].join('.'))${value}\nexports.late = () => late`
  await program.upgrade({ 'app.js': late('.one'), 'late.js': 'exports.one = 1; exports.two = 2' })
  await program.upgrade({ 'app.js': late('.two') })
  assert.equal(await program.run(`return (await load('./app.js')).default.late()`), 2)
})
