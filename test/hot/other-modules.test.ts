import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('a module that becomes one of the other format is refused as such', async t => {
  const program = await startHotProgram(
    t,
    { 'app.js': `require('./a.js')`, 'a.js': 'exports.a = 1' },
    { type: 'commonjs' },
  )
  const { reasons = [] } = await program.refusal({ 'a.js': 'export const a = 1' })
  assert.equal(reasons[0]?.message, 'it is an ES module now, and was a CommonJS module')
  const { reasons: broken = [] } = await program.refusal({ 'a.js': 'exports.a = (' })
  assert.match(reasons.length + (broken[0]?.message ?? ''), /^1Unexpected token/)
})

test('a property of a function that is exported whole is gone with its statement', async t => {
  const V1 = `
    module.exports = greet
    module.exports.loud = name => greet(name).toUpperCase()
    function greet(name) { return 'hello ' + name }`
  const program = await startHotProgram(
    t,
    {
      'app.js': `const greet = require('./greet.js'); exports.names = () => Object.keys(greet)`,
      'greet.js': V1,
    },
    { type: 'commonjs' },
  )
  assert.deepEqual(await program.run(`return require('./app.js').names()`), ['loud'])
  await program.upgrade({ 'greet.js': V1.replace(/.*loud.*\n/, '') })
  assert.deepEqual(await program.run(`return require('./app.js').names()`), [])
})
