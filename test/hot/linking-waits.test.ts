import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('modules that waited while they were loaded are linked like others after an upgrade', async t => {
  const files = {
    'app.js': `
      import * as living from './living.js'
      import tell from './nameless.js'
      export const see = () => [Object.keys(living), living.one, tell()]`,
    'living.js': `await null\nexport let one = 1\nexport const add = () => (one += 1)`,
    'nameless.js': `await null\nexport default () => 'v1'`,
  }
  const program = await startHotProgram(t, files)
  const see = (file: string) => program.run(`return (await load(given)).see()`, file)
  await program.upgrade({
    'living.js': `${files['living.js']}\nexport const two = 2`,
    'late.js': `
      import tell from './nameless.js'
      import * as living from './living.js'
      export const see = () => [tell(), living.two, living.add(), living.one]`,
  })
  assert.deepEqual(await see('./app.js'), [['add', 'one', 'two'], 1, 'v1'])
  assert.deepEqual(await see('./late.js'), ['v1', 2, 2, 2])
  await program.upgrade({
    'app.js': `
      import * as living from './living.js'
      import tell, * as nameless from './nameless.js'
      import { two } from './living.js'
      export const see = () => [Object.keys(living), living.one, tell(), nameless.default(), two]`,
    'nameless.js': files['nameless.js'].replace('v1', 'v2'),
  })
  assert.deepEqual(await see('./app.js'), [['add', 'one', 'two'], 2, 'v2', 'v2', 2])
  assert.deepEqual(await see('./late.js'), ['v2', 2, 3, 3])
})
