import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('a global that the module hid before is the global once it is not hidden any more', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.js': `
        const Promise = require('./own-promise.js')
        const performance = { now: () => -1 }
        exports.answer = () => [Promise.resolve('own'), performance.now() < 0]`,
      'own-promise.js': `exports.resolve = value => 'not waited for: ' + value`,
    },
    { type: 'commonjs' },
  )
  assert.deepEqual(await program.run(`return require('./app.js').answer()`), ['not waited for: own', true])
  await program.upgrade({
    'app.js': `exports.answer = () => Promise.resolve([typeof Promise, performance.now() < 0])`,
    'own-promise.js': null,
  })
  assert.deepEqual(await program.run(`return require('./app.js').answer()`), ['function', false])
})

test('so it is for what was imported', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
      import { URL } from './own-url.js'
      export const answer = () => new URL('http://x/y').pathname`,
    'own-url.js': `export class URL { pathname = 'own' }`,
  })
  assert.equal(await program.run(`return (await load('./app.js')).answer()`), 'own')
  await program.upgrade({ 'app.js': `export const answer = () => new URL('http://x/y').pathname + '!'` })
  assert.equal(await program.run(`return (await load('./app.js')).answer()`), '/y!')
})
