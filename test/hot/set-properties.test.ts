import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

const KINDS: Record<string, string> = {
  'a function': `function Room(name) { this.name = name }`,
  'a function in a variable': `var Room = function (name) { this.name = name }`,
  'a class': `class Room { constructor(name) { this.name = name } }`,
  'a class in a variable': `const Room = class { constructor(name) { this.name = name } }`,
}

const textWith = (kind: string, more: string) => `
  ${kind}
  Room.limit = 5
  Room.prototype.first = function () { return this.name }
  ${more}
  Room.prototype.last = function () {
    return [this.first(), Room.limit, this.extra ? this.extra() : null, 'toString' in this, String(this)]
  }
  const rooms = []
  exports.open = name => { rooms.push(new Room(name)) }
  exports.show = () => rooms.map(room => [room instanceof Room, room.last()])`

const SHOW = `return require('./app.js').show()`
const OPEN = `require('./app.js').open('a')`
const EXTRA = `Room.prototype.extra = function () { return 'extra' }`
const NAMED = `Room.prototype.toString = function () { return 'room ' + this.name }`
const program = { type: 'commonjs' } as const

const shown = ({ limit = 5, extra = null as string | null, named = '[object Object]' }) => [
  [true, ['a', limit, extra, true, named]],
]

for (const [kind, text] of Object.entries(KINDS))
  test(`what statements set on ${kind} comes, goes and changes, for instances that live, too`, async t => {
    const running = await startHotProgram(t, { 'app.js': textWith(text, '') }, program)
    await running.run(OPEN)
    const steps: [string, ReturnType<typeof shown>][] = [
      [textWith(text, EXTRA), shown({ extra: 'extra' })],
      [textWith(text, EXTRA.replace(`'extra'`, `'other'`)), shown({ extra: 'other' })],
      [textWith(text, EXTRA).replace('limit = 5', 'limit = 6'), shown({ extra: 'extra', limit: 6 })],
      [textWith(text, NAMED), shown({ named: 'room a' })],
      // What is inherited shows again.
      [textWith(text, ''), shown({})],
    ]
    for (const [next, expected] of steps) {
      await running.upgrade({ 'app.js': next })
      assert.deepEqual(await running.run(SHOW), expected)
    }
  })

const CLASS = KINDS['a class'] ?? ''

test('what was asked for a property asks once more', async t => {
  const before = `${textWith(CLASS, '')}\n  const twice = Room.limit * 2\n  exports.twice = () => twice`
  const running = await startHotProgram(t, { 'app.js': before }, program)
  await running.upgrade({ 'app.js': before.replace('limit = 5', 'limit = 6') })
  assert.equal(await running.run(`return require('./app.js').twice()`), 12)
})

test('a property that is set from what changed is set once more', async t => {
  const before = `const LIMIT = 5\n${textWith(CLASS, '').replace('limit = 5', 'limit = LIMIT')}`
  const running = await startHotProgram(t, { 'app.js': before }, program)
  await running.run(OPEN)
  await running.upgrade({ 'app.js': before.replace('LIMIT = 5', 'LIMIT = 7') })
  assert.deepEqual(await running.run(SHOW), shown({ limit: 7 }))
})

const GONE = /this statement had an effect and is gone/

test('a property that functions have set to something else stays', async t => {
  const counted = `${textWith(CLASS, '')}\n  exports.count = () => { Room.limit += 1 }`
  await assertRefused(t, {
    files: { 'app.js': counted },
    changes: { 'app.js': counted.replace('limit = 5', 'limit = 9') },
    first: `${OPEN}; require('./app.js').count()`,
    look: SHOW,
    program,
    reasons: [{ at: 'app.js:3', says: GONE, allow: 'app.js:3' }],
  })
})

test('a property that has another function by now stays', async t => {
  await assertRefused(t, {
    files: { 'app.js': `${textWith(CLASS, EXTRA)}\n  exports.Room = Room` },
    changes: { 'app.js': `${textWith(CLASS, '')}\n  exports.Room = Room` },
    first: `${OPEN}; require('./app.js').Room.prototype.extra = () => 'patched'`,
    look: SHOW,
    program,
    reasons: [{ at: 'app.js:5', says: GONE, allow: 'app.js:5' }],
  })
})

test('a constructor of which instances live is not made anew', async t => {
  const before = `
    const make = () => ({ of: 1 })
    ${textWith(KINDS['a function in a variable'] ?? '', 'Room.prototype.shared = make()')}`
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': before.replace('of: 1', 'of: 2') },
    first: OPEN,
    look: SHOW,
    program,
    reasons: [{ at: 'app.js:4', says: /`Room` would define a constructor anew/, allow: 'app.js:Room' }],
  })
})

test('a property that is gone is there again when the upgrade is undone', async t => {
  const before = textWith(CLASS, EXTRA)
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': `${textWith(CLASS, '')}\n  missing()` },
    first: OPEN,
    look: SHOW,
    program,
    atCommit: 'hot_upgrade_failed',
    reasons: [{ at: 'app.js:12', says: /missing is not defined/ }],
  })
})
