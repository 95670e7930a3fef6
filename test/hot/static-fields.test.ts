import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

const classWith = (fields: string) => `
  const limit = 3
  export class Room {
    ${fields}
    kept = 1
    #own = 2
    show() {
      return [Room.size, this.constructor.title, this.kept + this.#own, Object.keys(Room).sort().join()]
    }
  }
  export class Hall extends Room {}
  export const rooms = [new Room(), new Hall()]`

const SHOW = `return (await load('./app.js')).rooms.map(room => room.show())`

/** Before, after, and what shows of that. */
const FIELDS: Record<string, [string, string, unknown[]]> = {
  'another value': ['static size = 1', 'static size = 2', [2, undefined, 3, 'size']],
  'one that is new': [
    'static size = 1',
    'static size = 1; static title = limit + this.size',
    [1, 4, 3, 'size,title'],
  ],
  'one that is gone': ['static size = 1; static title = "a"', 'static size = 1', [1, undefined, 3, 'size']],
  'one without a value': ['static size = 1', 'static size', [undefined, undefined, 3, 'size']],
  'a value that is an object': [
    'static size = { of: [1] }',
    'static size = { of: [limit] }',
    [{ of: [3] }, undefined, 3, 'size'],
  ],
  'a value that another one is made from': [
    'static size = 1; static title = this.size + 1',
    'static size = 5; static title = this.size + 2',
    [5, 7, 3, 'size,title'],
  ],
}

for (const [what, [before, after, shown]] of Object.entries(FIELDS))
  test(`a static field of a class that lives: ${what}`, async t => {
    const program = await startHotProgram(t, { 'app.js': classWith(before) })
    const first = await program.run(SHOW)
    await program.upgrade({ 'app.js': classWith(after) })
    assert.deepEqual(await program.run(SHOW), [shown, shown])
    await program.upgrade({ 'app.js': classWith(before) })
    assert.deepEqual(await program.run(SHOW), first)
  })

test('a function in a static field is replaced where it is', async t => {
  const text = (n: number) => `
    export class Tool {
      static use = () => [${n}, this.name, Tool.use.name]
      static all = { first: () => ${n} }
    }
    export const { use, all: { first } } = Tool`
  const program = await startHotProgram(t, { 'app.js': text(1) })
  const look = `const { use, first, Tool } = await load('./app.js'); return [use(), first(), Tool.use === use]`
  assert.deepEqual(await program.run(look), [[1, 'Tool', 'use'], 1, true])
  await program.upgrade({ 'app.js': text(2) })
  assert.deepEqual(await program.run(look), [[2, 'Tool', 'use'], 2, true])
})

test('what was computed from a static field is computed anew', async t => {
  const program = await startHotProgram(t, {
    'room.js': `export class Room { static size = 1 }`,
    'app.js': `
      import { Room } from './room.js'
      const { size } = Room
      const twice = (given => given.size * 2)(Room)
      export const show = () => [size, twice]`,
  })
  await program.upgrade({ 'room.js': `export class Room { static size = 2 }` })
  assert.deepEqual(await program.run(`return (await load('./app.js')).show()`), [2, 4])
})

test('a static field that is not as it was declared is live state', async t => {
  const files = { 'app.js': classWith('static size = 0; static add() { Room.size += 1 }') }
  await assertRefused(t, {
    files,
    changes: { 'app.js': classWith('static size = 5; static add() { Room.size += 1 }') },
    first: `(await load('./app.js')).Room.add()`,
    look: SHOW,
    reasons: [
      {
        at: 'app.js:4',
        says: /the static field `size` of `Room` may hold live state/,
        allow: 'app.js:Room.size',
      },
    ],
  })
})

test('what a call has made for a static field may be live state', async t => {
  await assertRefused(t, {
    files: { 'app.js': classWith('static size = new WeakMap(); static title = "a"') },
    changes: { 'app.js': classWith('static title = "a"') },
    look: SHOW.replace('room.show()', 'room.kept'),
    reasons: [
      { at: 'app.js:3', says: /the static field `size` of `Room` may hold/, allow: 'app.js:Room.size' },
    ],
  })
})

test('a static block that asked for a static field cannot run once more', async t => {
  const text = (size: number) => classWith(`static size = ${size}; static { this.title = this.size + 1 }`)
  await assertRefused(t, {
    files: { 'app.js': text(1) },
    changes: { 'app.js': text(2) },
    look: SHOW,
    reasons: [
      {
        at: 'app.js:3',
        says: /`Room` would have to be defined anew: it may have asked for `size` of `Room`/,
        allow: 'app.js:Room',
      },
      { at: 'app.js:11', says: /`Hall` would have to be defined anew: it reads Room/, allow: 'app.js:Hall' },
    ],
  })
})

test('a static field whose new value throws is as it was', async t => {
  await assertRefused(t, {
    files: { 'app.js': classWith('static size = 1') },
    changes: { 'app.js': classWith('static title = 2; static size = missing') },
    look: SHOW,
    atCommit: 'hot_upgrade_failed',
    reasons: [{ at: 'app.js:3', says: /it threw when it was evaluated: missing is not defined/ }],
  })
})
