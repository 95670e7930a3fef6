import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']

/** A variable of each name, and a class that has one of that name in a field with a private name. */
const text = (value: number, more: number) =>
  `${LETTERS.map(name => `export let ${name} = [${value}]`).join('\n')}
class Held { ${LETTERS.map(name => `#${name} = ${name}[0];`).join(' ')} all() { return [${LETTERS.map(name => `this.#${name} + ${name}[0] + ${more}`)}] } }
const held = new Held()
${LETTERS.map(name => `export const get_${name} = () => ${name}[0] + ${more}`).join('\n')}
export const fields = () => held.all()
`

const answers = `
  const m = await load('./m.js')
  return { read: Object.keys(m).filter(name => name.startsWith('get_')).map(name => m[name]()), fields: m.fields() }`

const all = (one: number, other: number) => ({
  read: LETTERS.map(() => one),
  fields: LETTERS.map(() => other),
})

test('no name of a variable is taken by what hot loading adds', async t => {
  const program = await startHotProgram(t, { 'app.js': `import './m.js'`, 'm.js': text(10, 1) })
  assert.deepEqual(await program.run(answers), all(11, 21))
  await program.upgrade({ 'm.js': text(10, 2) })
  assert.deepEqual(await program.run(answers), all(12, 22))
})

test('what is undone has its value again, whatever its name is', async t => {
  const files = {
    'app.js': `import './m.js'`,
    'm.js': `${LETTERS.map(name => `let ${name} = [1]`).join('\n')}\nexport const all = () => [${LETTERS}].flat()`,
  }
  const program = await startHotProgram(t, files)
  const changed = `${files['m.js'].replaceAll('[1]', '[2]')}\nthrow new Error('not this one')`
  const error = await program.refusal({ 'm.js': changed })
  assert.equal(error.code, 'hot_upgrade_failed')
  assert.deepEqual(
    await program.run(`return (await load('./m.js')).all()`),
    LETTERS.map(() => 1),
  )
})
