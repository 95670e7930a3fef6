import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

const LIMIT = 'const limit = 3\n'

/** One that is made at the start and holds state, others that are made later, and heirs. */
const appWith = (fields: string, body = 'this.name = name', more = '') => `${LIMIT}
  class Room {
    open = true
    ${fields}
    constructor(name) { ${body} }
    seen(...keys) { return keys.map(key => typeof this[key] === 'function' ? this[key]() : this[key]) }
    ${more}
  }
  class Hall extends Room {
    seats = 9
  }
  const first = new Room('first')
  const rooms = new Set([first])
  globalThis.server = { first }
  export const enter = name => { first.open = false; rooms.add(new Room(name)); rooms.add(new Hall(name)) }
  export const look = (...keys) => [...rooms].map(room => [room.name, room.open, ...room.seen(...keys)])
  export const bare = Object.create(Room.prototype)`

const ENTER = `(await load('./app.js')).enter('later')`
const look = (...keys: string[]) => `return (await load('./app.js')).look(...${JSON.stringify(keys)})`

const FIELDS: Record<string, [string, string | undefined, unknown]> = {
  'a number': ['more = 1', undefined, 1],
  nothing: ['more', undefined, undefined],
  'what a variable holds': ['more = { limit, of: [limit] }', undefined, { limit: 3, of: [3] }],
  'a container': ['more = new Map([[limit, 1]])', undefined, new Map([[3, 1]])],
  'a function that knows the instance': ['more = () => this.name.length', undefined, null],
  'what the constructor sets': ['', 'this.name = name\n      this.more = -1', -1],
}

for (const [what, [fields, body, value]] of Object.entries(FIELDS))
  test(`instances that live get a new field: ${what}`, async t => {
    const program = await startHotProgram(t, { 'app.js': appWith('') })
    await program.run(ENTER)
    const { notes } = await program.upgrade({ 'app.js': appWith(fields, body) })
    const valueFor = (name: string) => (what.startsWith('a function') ? name.length : value)
    assert.deepEqual(await program.run(look('more')), [
      ['first', false, valueFor('first')],
      ['later', true, valueFor('later')],
      ['later', true, valueFor('later')],
    ])
    assert.deepEqual(notes, [])
    // What no constructor has made has no fields.
    assert.equal(await program.run(`return 'more' in (await load('./app.js')).bare`), false)
    await program.run(ENTER)
    assert.equal((await program.run<unknown[]>(look('more'))).length, 5)
  })

test('each instance gets one of its own', async t => {
  const program = await startHotProgram(t, { 'app.js': appWith('') })
  await program.run(ENTER)
  await program.upgrade({ 'app.js': appWith('list = []', undefined, 'add() { return this.list.push(1) }') })
  assert.deepEqual(await program.run(look('add', 'add')), [
    ['first', false, 1, 2],
    ['later', true, 1, 2],
    ['later', true, 1, 2],
  ])
})

test('a function in a new field runs the code of each version', async t => {
  const program = await startHotProgram(t, { 'app.js': appWith('') })
  await program.upgrade({ 'app.js': appWith(`more = () => 'two'`) })
  await program.upgrade({ 'app.js': appWith(`more = () => 'three'`) })
  assert.deepEqual(await program.run(look('more')), [['first', true, 'three']])
})

test('a field that depends on more than the class is none that can be given', async t => {
  await assertRefused(t, {
    files: { 'app.js': appWith('') },
    changes: { 'app.js': appWith('', 'this.name = name; this.more = name.length') },
    first: ENTER,
    look: look('more'),
    reasons: [
      {
        at: 'app.js:13',
        says: /`first` holds live state.*it ran a function at app\.js:4/,
        allow: 'app.js:first',
      },
      { at: 'app.js:14', says: /`rooms` holds live state/, allow: 'app.js:rooms' },
      { at: 'app.js:15', says: /has an effect that cannot be repeated/, allow: 'app.js:15' },
    ],
  })
})

test('an upgrade that is undone takes the field back', async t => {
  const before = appWith('')
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': `${appWith('more = 1')}\n  missing()` },
    first: ENTER,
    look: `const { look } = await load('./app.js')
      return [look('more'), Object.keys(globalThis.server.first)]`,
    atCommit: 'hot_upgrade_failed',
    reasons: [{ at: 'app.js:19', says: /missing is not defined/ }],
  })
})

test('what has looked through an instance does so once more', async t => {
  const text = (fields: string) => `
    class Settings {
      limit = 1
      ${fields}
    }
    const settings = new Settings()
    const list = all => Object.keys(all).join()
    const names = list(settings)
    const text = JSON.stringify(settings)
    const copy = { ...settings }
    const { limit, more = 'none' } = settings
    const holder = new Map([['settings', settings]])
    export const see = () => {
      holder.get('settings').seen ??= 0
      return [names, text, Object.keys(copy).join(), more, (holder.get('settings').seen += 1)]
    }`
  const program = await startHotProgram(t, { 'app.js': text('') })
  const see = `return (await load('./app.js')).see()`
  assert.deepEqual(await program.run(see), ['limit', '{"limit":1}', 'limit', 'none', 1])
  await program.upgrade({ 'app.js': text('more = 2') })
  const after = await program.run<unknown[]>(see)
  for (const each of after.slice(0, 3)) assert.match(String(each), /more/)
  assert.deepEqual(after.slice(3), [2, 2])
})
