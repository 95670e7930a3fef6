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
