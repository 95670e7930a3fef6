import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

const start = (t: Parameters<typeof startHotProgram>[0], files: Files) =>
  startHotProgram(t, files, { type: 'commonjs' })

test('a regular expression is no live state, unless it is in the middle of a text', async t => {
  const V1 = `
    const name = /^[a-z]+$/
    const all = /[a-z]/g
    exports.isName = text => name.test(text)
    exports.next = text => all.exec(text)?.[0]`
  const V2 = V1.replace('/^[a-z]+$/', '/^[a-z0-9]+$/')
  const program = await start(t, { 'app.js': V1 })
  assert.equal(await program.run(`return require('./app.js').isName('a1')`), false)
  await program.upgrade({ 'app.js': V2 })
  assert.equal(await program.run(`return require('./app.js').isName('a1')`), true)
  await program.run(`return require('./app.js').next('ab')`)
  const { reasons = [] } = await program.refusal({ 'app.js': V2.replace('/[a-z]/g', '/[a-z0-9]/g') })
  assert.deepEqual(
    reasons.map(({ allow }) => allow),
    ['app.js:all'],
  )
})

test('what has opened nothing but the standard streams may be evaluated anew', async t => {
  const V1 = `
    const prefix = makePrefix()
    function makePrefix() {
      process.stderr.write('made ')
      return 'v1'
    }
    exports.greet = () => prefix`
  const program = await start(t, { 'app.js': V1 })
  await program.upgrade({ 'app.js': V1.replace(`'v1'`, `'v2'`) })
  assert.equal(await program.run(`return require('./app.js').greet()`), 'v2')
  assert.equal(program.output(), 'made made ')
})

test('what a package has opened when it was required is not opened again', async t => {
  const V1 = `
    const clock = require('clock')
    exports.read = () => [clock.tick(), 'v1']`
  const clock = {
    'node_modules/clock/package.json': JSON.stringify({ name: 'clock', version: '1.0.0' }),
    'node_modules/clock/index.js': `
      let ticks = 0
      exports.timer = setInterval(() => undefined, 1e6)
      exports.tick = () => { ticks += 1; return ticks }`,
  }
  const program = await start(t, { 'app.js': V1, ...clock })
  assert.deepEqual(await program.run(`return require('./app.js').read()`), [1, 'v1'])
  await program.upgrade({ 'app.js': V1.replace(`'v1'`, `'v2'`) })
  assert.deepEqual(await program.run(`return require('./app.js').read()`), [2, 'v2'])
})

test('a variable may become a function, and helpers of a table may be called by any name', async t => {
  const V1 = `
    const decode = decodeURIComponent
    const read = { a: text => decode(text), b: text => text }
    exports.parse = (kind, text) => read[kind](text)`
  const program = await start(t, { 'app.js': V1 })
  assert.equal(await program.run(`return require('./app.js').parse('a', '%20')`), ' ')
  await program.upgrade({
    'app.js': V1.replace(
      'const decode = decodeURIComponent',
      `function decode(text) { return text.includes('%') ? decodeURIComponent(text) : 'plain ' + text }`,
    ).replace('b: text => text', `b: text => 'b ' + text, c: text => 'c ' + text`),
  })
  const after = await program.run(
    `return ['%20', 'x'].flatMap(text => ['a', 'b', 'c'].map(kind => require('./app.js').parse(kind, text)))`,
  )
  assert.deepEqual(after, [' ', 'b %20', 'c %20', 'plain x', 'b x', 'c x'])
})

test('a function that becomes a class is a reason', async t => {
  const program = await start(t, { 'app.js': `function Room() {} exports.make = () => new Room()` })
  const { reasons = [] } = await program.refusal({
    'app.js': `class Room {} exports.make = () => new Room()`,
  })
  assert.match(reasons[0]?.message ?? '', /^`Room` was a function and is none any more$/)
})

test('what is made here is live state, though the new version takes it from another module', async t => {
  const V1 = `
    const names = require('./names.js')
    const rooms = new Map()
    exports.enter = name => { rooms.set(name, 1); names.push(name); return [rooms.size, names.length] }`
  const program = await start(t, {
    'app.js': V1,
    'names.js': 'module.exports = []',
  })
  assert.deepEqual(await program.run(`return require('./app.js').enter('ann')`), [1, 1])
  const { reasons = [] } = await program.refusal({
    'app.js': V1.replace('new Map()', `require('./rooms.js')`),
    'rooms.js': 'module.exports = new Map()',
  })
  assert.deepEqual(
    reasons.map(({ allow }) => allow),
    ['app.js:rooms'],
  )
})

test('a table of classes to make things of is no live state', async t => {
  const V1 = `
    class Missing extends Error {}
    const errors = { missing: Missing, other: Error }
    exports.fail = (kind, message) => String(new errors[kind](message)) + new errors.other('!').message`
  const program = await start(t, { 'app.js': V1 })
  assert.equal(await program.run(`return require('./app.js').fail('missing', 'a')`), 'Error: a!')
  await program.upgrade({ 'app.js': V1.replace('missing: Missing', 'missing: TypeError') })
  assert.equal(await program.run(`return require('./app.js').fail('missing', 'a')`), 'TypeError: a!')
})

test('a function that knows nothing of what it is called on keeps nothing there', async t => {
  const V1 = `
    module.exports = greet
    module.exports.loud = loud
    module.exports.count = function () { this.counted = (this.counted ?? 0) + 1; return this.counted }
    function greet(name) { return 'hello ' + name }
    function loud(name) { return greet(name).toUpperCase() }`
  const app = `const greet = require('./greet.js'); exports.greet = name => greet.loud(name)`
  const changed = { 'greet.js': `${V1.replace('= greet', '= polite')}; const polite = name => greet(name)` }
  const program = await start(t, { 'app.js': app, 'greet.js': V1 })
  assert.equal(await program.run(`return require('./app.js').greet('ann')`), 'HELLO ANN')
  assert.equal(
    (await program.plan(changed)).reasons.some(({ message }) => message.includes('live state')),
    false,
  )
  const counting = await start(t, {
    'app.js': app.replace('greet.loud(name)', 'greet.count()'),
    'greet.js': V1,
  })
  const { reasons } = await counting.plan(changed)
  assert.ok(
    reasons.some(({ message }) => message.includes('app.js:1 calls its count()')),
    JSON.stringify(reasons),
  )
})
