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
