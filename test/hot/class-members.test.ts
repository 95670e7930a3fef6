import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('a method may become an accessor, and the other way round', async t => {
  const V1 = `
    export class Room {
      size() { return 1 }
      get names() { return ['a'] }
      set limit(value) { this.max = value }
      static count() { return 0 }
    }
    export const room = new Room()`
  const program = await startHotProgram(t, { 'app.js': V1 })
  await program.upgrade({
    'app.js': V1.replace('size()', 'get size()')
      .replace('get names()', 'names()')
      .replace('set limit(value) {', 'limit(value) {')
      .replace('static count()', 'static get count()'),
  })
  const after = await program.run(`
    const { room, Room } = await load('./app.js')
    room.limit(3)
    return [room.size, room.names(), room.max, Room.count]`)
  assert.deepEqual(after, [1, ['a'], 3, 0])
  await program.upgrade({ 'app.js': V1 })
  const again = await program.run(`
    const { room, Room } = await load('./app.js')
    room.limit = 4
    return [room.size(), room.names, room.max, Room.count()]`)
  assert.deepEqual(again, [1, ['a'], 4, 0])
})

test('a class that was never there may change in any way', async t => {
  const V1 = `
    const Signal = globalThis.AbortSignal ?? class Signal {
      #reason = 1
      constructor() { this.aborted = false }
      get reason() { return this.#reason }
    }
    export const name = () => Signal.name + ' v1'`
  const program = await startHotProgram(t, { 'app.js': V1 })
  await program.upgrade({
    'app.js': V1.replace('v1', 'v2')
      .replace('this.aborted = false', 'this.aborted = null')
      .replace('get reason', 'why() {}\n      get reason')
      .replace('= 1', '= 2'),
  })
  assert.equal(await program.run(`return (await load('./app.js')).name()`), 'AbortSignal v2')
})
