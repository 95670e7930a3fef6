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
