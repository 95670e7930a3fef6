import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('what ran when a module was evaluated is known where that was after an upgrade, too', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import { rules } from './rules.js'\nglobalThis.later = () => import('./later.js')\nexport const f = () => rules()`,
    'rules.js': `export const rules = () => 'one'`,
    'later.js': `import { rules } from './rules.js'\nconst table = { rule: rules() }\nexport const look = () => table.rule`,
  })
  await program.upgrade(
    {
      'app.js': `import { rules } from './rules.js'\nglobalThis.later = () => import('./later.js')\nexport const f = () => [rules()]`,
    },
    { allow: ['app.js:2'] },
  )
  assert.equal(await program.run(`return (await globalThis.later()).look()`), 'one')
  await program.upgrade({ 'rules.js': `export const rules = () => 'two'` })
  assert.equal(await program.run(`return (await globalThis.later()).look()`), 'two')
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
