import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const LIMIT = `import { limit } from './limit.js'\n`

/** Each keeps state in what would be made anew when `limit` changes. */
const KEPT: Record<string, string> = {
  'as an argument': `
    const rooms = new Map([['first', limit]])
    function add(map, name) { map.set(name, 1) }
    export const join = name => add(rooms, name)`,
  'as the argument of a function of another module': `
    import { add } from './add.js'
    const rooms = new Map([['first', limit]])
    export const join = name => add(rooms, name)`,
  'as what a function gives': `
    const rooms = new Map([['first', limit]])
    const all = () => rooms
    export const join = name => { all().set(name, 1) }`,
  'in a local variable': `
    const rooms = new Map([['first', limit]])
    export const join = name => {
      const all = rooms
      all.set(name, 1)
    }`,
  'inside of something else': `
    const rooms = { all: new Map([['first', limit]]) }
    export const join = name => {
      const { all } = rooms
      all.set(name, 1)
    }`,
  'of which something is given to somebody': `
    const rooms = { all: new Map([['first', limit]]) }
    function add(map, name) { map.set(name, 1) }
    export const join = name => add(rooms.all, name)`,
}

for (const [how, text] of Object.entries(KEPT))
  test(`state that functions hand on is kept: ${how}`, async t => {
    const program = await startHotProgram(t, {
      'app.js': `import './rooms.js'`,
      'limit.js': 'export const limit = 1',
      'add.js': 'export function add(map, name) { map.set(name, 1) }',
      'rooms.js': LIMIT + text,
    })
    await program.run(`(await load('./rooms.js')).join('second')`)
    const { reasons } = await program.refusal({ 'limit.js': 'export const limit = 2' })
    assert.match(reasons?.map(({ message }) => message).join('\n') ?? '', /^`rooms` holds live state/)
  })

test('what is handed on and only read is made anew', async t => {
  const program = await startHotProgram(t, {
    'app.js': `import './rooms.js'`,
    'limit.js': 'export const limit = 1',
    'rooms.js': `${LIMIT}
      const options = { limit, names: ['first'] }
      function describe({ length }, given) { return [given.limit, given.names.join(), length] }
      const all = () => options
      export const show = () => [...describe('four', options), all().limit, JSON.stringify(options)]`,
  })
  await program.upgrade({ 'limit.js': 'export const limit = 2' })
  assert.deepEqual(await program.run(`return (await load('./rooms.js')).show()`), [
    2,
    'first',
    4,
    2,
    '{"limit":2,"names":["first"]}',
  ])
})

test('a table of functions that know nothing of it is no state', async t => {
  const program = await startHotProgram(t, {
    'more.js': `export const more = { b: () => 'b' }`,
    'app.js': `
      import { more } from './more.js'
      const routes = { a: name => 'a ' + name, ...more }
      export function ask(name) {
        const answer = routes[name]
        return answer ? answer(name) : routes['a'](name)
      }`,
  })
  const look = `const { ask } = await load('./app.js'); return [ask('a'), ask('b'), ask('c')]`
  assert.deepEqual(await program.run(look), ['a a', 'b', 'a c'])
  await program.upgrade({ 'more.js': `export const more = { b: () => 'b', c: () => 'c' }` })
  assert.deepEqual(await program.run(look), ['a a', 'b', 'c'])
})

test('a table with a function that writes into it is state', async t => {
  const text = (more: string) => `
    const counts = { add() { this.all = (this.all ?? 0) + 1; return this.all } ${more} }
    export const ask = name => counts[name]()`
  const program = await startHotProgram(t, { 'app.js': text('') })
  await program.run(`(await load('./app.js')).ask('add')`)
  const { reasons } = await program.refusal({ 'app.js': text(', other() {}') })
  assert.match(reasons?.[0]?.message ?? '', /^`counts` holds live state/)
})
