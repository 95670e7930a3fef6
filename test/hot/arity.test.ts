import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const V1 = `
  const kept = []
  export const handle = (request, response) => 'handled'
  export function fail(error, request, response) { return 'failed' }
  export class Room {
    constructor(name) { this.name = name }
    enter(who) { return this.name }
  }
  export function makeHandler() {
    return function handler(request, response) { return 'v1' }
  }
  export const keep = () => void kept.push(...all())
  export const lengths = () => kept.map(each => each.length)
  const all = () => [handle, fail, makeHandler(), new Room('a').enter, Room]
  export const fresh = () => all().map(each => each.length)`

const V2 = V1.replace('(request, response) =>', '(request) =>')
  .replace('fail(error, request, response)', 'fail(error, request, response, next)')
  .replace('handler(request, response)', 'handler(error, request, response, next)')
  .replace('enter(who)', 'enter(who, when = 1)')
  .replace(
    'constructor(name) { this.name = name }',
    'constructor(name, size) { this.name = name; this.size = size }',
  )

const KEEP = `(await load('./app.js')).keep()`
const LENGTHS = `const { fresh, lengths } = await load('./app.js'); return [lengths(), fresh()]`

test('functions that live have the length of the code that they run', async t => {
  const program = await startHotProgram(t, { 'app.js': V1 })
  await program.run(KEEP)
  assert.deepEqual(await program.run(LENGTHS), [
    [2, 3, 2, 1, 1],
    [2, 3, 2, 1, 1],
  ])
  const { notes } = await program.upgrade({ 'app.js': V2 })
  assert.deepEqual(await program.run(LENGTHS), [
    [1, 4, 4, 1, 2],
    [1, 4, 4, 1, 2],
  ])
  assert.deepEqual(notes, ['app.js:5: living instances of `Room` lack the new field `size`'])
  await program.upgrade({ 'app.js': V1 })
  assert.deepEqual(await program.run(LENGTHS), [
    [2, 3, 2, 1, 1],
    [2, 3, 2, 1, 1],
  ])
})

test('an upgrade that fails leaves them the length that they had', async t => {
  const program = await startHotProgram(t, { 'app.js': V1 })
  await program.run(KEEP)
  const { code } = await program.refusal({
    'app.js': `${V2}\n  throw new Error('not now')`,
  })
  assert.equal(code, 'hot_upgrade_failed')
  assert.deepEqual(await program.run(LENGTHS), [
    [2, 3, 2, 1, 1],
    [2, 3, 2, 1, 1],
  ])
})

test('what the instances of a constructor function lack is said', async t => {
  const V1 = `function Room(name) { this.name = name } exports.Room = Room`
  const program = await startHotProgram(t, { 'app.js': V1 }, { type: 'commonjs' })
  const { notes } = await program.upgrade({ 'app.js': V1.replace('= name }', '= name; this.users = [] }') })
  assert.deepEqual(notes, [
    'app.js:1: what was made by this constructor before lacks the new property `users`',
  ])
})
