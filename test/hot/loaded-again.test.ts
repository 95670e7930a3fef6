import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const V1 = {
  'app.js': `
    require('./greet.js')
    exports.forget = () => { delete require.cache[require.resolve('./greet.js')] }`,
  'greet.js': `exports.greet = () => 'v1'`,
}
const V2 = { 'greet.js': V1['greet.js'].replace('v1', 'v2') }

test('a module that is required, and imported later, is one module', async t => {
  const program = await startHotProgram(t, V1, { type: 'commonjs' })
  await program.run(`await load('./greet.js')`)
  await program.upgrade(V2)
  const greetings = await program.run(
    `return [require('./greet.js').greet(), (await load('./greet.js')).greet()]`,
  )
  assert.deepEqual(greetings, ['v2', 'v2'])
})

test('a module that was evaluated a second time cannot be replaced: two of it may be in use', async t => {
  const program = await startHotProgram(t, V1, { type: 'commonjs' })
  await program.run(`
    globalThis.first = require('./greet.js')
    require('./app.js').forget()
    globalThis.second = require('./greet.js')`)
  const { code, reasons } = await program.refusal(V2)
  assert.equal(code, 'incompatible_change')
  assert.equal(reasons?.[0]?.module, 'greet.js')
  assert.match(reasons?.[0]?.message ?? '', /require\.cache/)
  assert.deepEqual(await program.run(`return [first.greet(), second.greet()]`), ['v1', 'v1'])
})
