import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('living CommonJS code finds modules that only the new release has, relative and by __dirname', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.cjs': `
        const { join } = require('node:path')
        exports.get = name => require(join(__dirname, name))
        exports.all = () => 'v1'`,
    },
    { entry: 'app.cjs', type: 'commonjs' },
  )
  await program.upgrade({
    'app.cjs': `
      const { join } = require('node:path')
      const first = require('./sub/first.cjs')
      exports.get = name => require(join(__dirname, name))
      exports.all = () => [first.name, require('./second').name, require('./sub').name]`,
    'sub/first.cjs': `exports.name = 'first, after ' + require('../second').name`,
    'sub/index.js': `exports.name = 'sub'`,
    'second.js': `exports.name = 'second'`,
  })
  assert.deepEqual(
    await program.run(`const app = require('./app.cjs'); return [...app.all(), app.get('second.js').name]`),
    ['first, after second', 'second', 'sub', 'second'],
  )
})

test('living ES modules find them by import.meta.url', async t => {
  const program = await startHotProgram(t, {
    'app.js': `export const get = async name => (await import(new URL(name, import.meta.url))).name`,
  })
  await program.upgrade({ 'late.js': `export const name = import.meta.url` })
  assert.match(await program.run(`return (await load('./app.js')).get('late.js')`), /release-2\/late\.js$/)
  await program.upgrade({
    'late.js': `export const name = 'later'`,
    'app.js': `export const get = async name => (await import(new URL(name, import.meta.url))).name + '!'`,
  })
  assert.equal(await program.run(`return (await load('./app.js')).get('late.js')`), 'later!')
})

test('what neither release has is missing in the words of Node.js', async t => {
  const program = await startHotProgram(t, {
    'app.js': `export const get = name => import(name)`,
    'required.cjs': `exports.get = name => require(name)`,
  })
  const missing = `const messages = []
    for (const get of [(await load('./app.js')).get, require('./required.cjs').get])
      await (async () => get('./none.js'))().catch(error => messages.push(error.message))
    return messages`
  const before = await program.run(missing)
  await program.upgrade({ 'late.js': '' })
  assert.deepEqual(await program.run(missing), before)
})
