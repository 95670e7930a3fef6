import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const LIMIT = `
  const START = 0
  export function createCounter() {
    let count = START
    function raise() { count += 1 }
    return () => { raise(); return count }
  }
  export function createSeen() {
    const seen = new Set()
    return name => { const known = seen.has(name); seen.add(name); return known }
  }
  export function createGreeting(options = {}) {
    const words = [options.word ?? 'hello']
    const end = '!'
    return name => words.map(word => word + ' ' + name + end).join()
  }`

const FILES = {
  'app.js': `
    import { createCounter, createGreeting, createSeen } from './limit.js'
    const next = createCounter()
    const hasSeen = createSeen()
    const greet = createGreeting()
    export const use = name => [next(), hasSeen(name), greet(name)]`,
  'limit.js': LIMIT,
}

const USE = `return (await load('./app.js')).use('ann')`

test('what goes with a function that was made is live state, and is not made anew', async t => {
  const program = await startHotProgram(t, FILES)
  assert.deepEqual(await program.run(USE), [1, false, 'hello ann!'])
  const { reasons = [] } = await program.refusal({
    'limit.js': LIMIT.replace('START = 0', 'START = 10').replace('new Set()', `new Set(['bob'])`),
  })
  assert.deepEqual(
    reasons.map(({ module, line, message }) => `${module}:${line} ${message.split(', and would')[0]}`),
    [
      'app.js:3 `next` holds live state, since limit.js:5 assigns `count`, which goes with it',
      'app.js:4 `hasSeen` holds live state, since limit.js:10 calls a method of `seen`, which goes with it',
    ],
  )
  assert.deepEqual(await program.run(USE), [2, true, 'hello ann!'])
})

test('a function that keeps nothing is made anew, and one that keeps something goes on with new code', async t => {
  const program = await startHotProgram(t, FILES)
  assert.deepEqual(await program.run(USE), [1, false, 'hello ann!'])
  await program.upgrade({
    'limit.js': LIMIT.replace(`'hello'`, `'good day'`).replace('count += 1', 'count += 10'),
  })
  assert.deepEqual(await program.run(USE), [11, true, 'good day ann!'])
})

test('so it is with a function that an upgrade has made', async t => {
  const program = await startHotProgram(t, FILES)
  const changed = LIMIT.replace('return count }', `return 'at ' + count }`)
  await program.upgrade({ 'limit.js': changed })
  await program.run(USE)
  const { reasons = [] } = await program.refusal({ 'limit.js': changed.replace('START = 0', 'START = 10') })
  assert.deepEqual(
    reasons.map(({ allow }) => allow),
    ['app.js:next'],
  )
  assert.deepEqual(await program.run(USE), ['at 2', true, 'hello ann!'])
})

test('what is gone takes nothing with it in silence', async t => {
  const program = await startHotProgram(t, FILES)
  await program.run(USE)
  const { reasons = [] } = await program.refusal({
    'app.js': FILES['app.js'].replaceAll('next', 'nextOne').replaceAll('greet', 'salute'),
  })
  assert.deepEqual(
    reasons.map(({ allow, message }) => `${allow}: ${message.split(', which')[0]}`),
    ['app.js:next: `next` holds live state, since limit.js:5 assigns `count`'],
  )
})
