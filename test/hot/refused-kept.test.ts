import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'
import { assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'

const FILES = {
  'app.js': `import './m.js'`,
  'bus.js': `
    import { EventEmitter } from 'node:events'
    export const bus = new EventEmitter()
    export const out = []`,
}
const START = `(await load('./m.js')).start()`
const LOOK = `const { bus, out } = await load('./bus.js'); return [bus.eventNames(), out]`
const HEAR = `const { bus, out } = await load('./bus.js'); out.length = 0; bus.emit('x'); return out`

const m = (code: string, start: string) =>
  `import { bus, out } from './bus.js'\n${code}\nexport const start = () => { ${start} }`

const cases: Record<string, { before: Files; after: Files; reason: ExpectedReason }> = {
  'a function that has another name now': {
    before: { 'm.js': m(`function onX() { out.push('old') }`, `bus.on('x', onX)`) },
    after: { 'm.js': m(`function onY() { out.push('new') }`, `bus.on('x', onY)`) },
    reason: { at: 'm.js:2', says: /^`onX` is gone, and m.js:3 has given it to somebody/, allow: 'm.js:onX' },
  },
  'an arrow function that has another name now': {
    before: { 'm.js': m(`const onX = () => out.push('old')`, `bus.on('x', onX)`) },
    after: { 'm.js': m(`const onY = () => out.push('new')`, `bus.on('x', onY)`) },
    reason: { at: 'm.js:2', says: /^`onX` is gone, and m.js:3 has given it to somebody/, allow: 'm.js:onX' },
  },
  'a function of a module that is gone': {
    before: {
      'm.js': m(`import { onX } from './h.js'`, `bus.on('x', onX)`),
      'h.js': `import { out } from './bus.js'\nexport const onX = () => out.push('old')`,
    },
    after: { 'm.js': m(``, `bus.on('x', () => out.push('new'))`), 'h.js': null },
    reason: {
      at: 'h.js:2',
      says: /^`onX` is gone with its module, .* and m.js:3 has given it to somebody/,
      allow: 'h.js:onX',
    },
  },
  'a class of which an instance lives': {
    before: {
      'm.js': m(`class A { hi() { out.push('old') } }`, `const a = new A(); bus.on('x', () => a.hi())`),
    },
    after: {
      'm.js': m(`class B { hi() { out.push('new') } }`, `const a = new B(); bus.on('x', () => a.hi())`),
    },
    reason: {
      at: 'm.js:2',
      says: /^`A` is gone, and one instance of it would go on with the old code/,
      allow: 'm.js:A',
    },
  },
}

for (const [name, { before, after, reason }] of Object.entries(cases))
  test(`refused, since old code would go on: ${name}`, async t => {
    const program = await assertRefused(t, {
      files: { ...FILES, ...before },
      changes: after,
      first: START,
      look: LOOK,
      reasons: [reason],
    })
    assert.deepEqual(await program.run(HEAR), ['old'])
    await program.upgrade(after, { allow: [reason.allow ?? ''] })
    // That is what was allowed.
    assert.deepEqual(await program.run(HEAR), ['old'])
  })

const accepted: Record<string, [before: string, after: string]> = {
  'a function that was only called': [
    m(`function help() { out.push('old') }`, `help()`),
    m('', `out.push('new')`),
  ],
  'a function that was given to what only calls it': [
    m(`const twice = n => n * 2`, `out.push([1].map(twice))`),
    m('', `out.push('new')`),
  ],
  'a function that another one has taken for a moment': [
    m(`const twice = n => n * 2`, `const by = bus.by || twice; out.push(by(1))`),
    m('', `out.push('new')`),
  ],
  'a class without an instance': [
    m(`class A { static make() { return 1 } }\nclass B extends A {}`, `out.push(B.make())`),
    m('', `out.push('new')`),
  ],
}

for (const [name, [before, after]] of Object.entries(accepted))
  test(`accepted, since nobody has it: ${name}`, async t => {
    const program = await startHotProgram(t, { ...FILES, 'm.js': before })
    await program.run(START)
    await program.upgrade({ 'm.js': after })
    await program.run(START)
    assert.equal(await program.run(`return (await load('./bus.js')).out.at(-1)`), 'new')
  })

test('every reason is given, whatever kind it is of; what cannot be allowed says so', async t => {
  const look = `const m = await load('./m.js'); return [m.f(), m.port]`
  await assertRefused(t, {
    files: {
      'app.js': `import './m.js'`,
      'm.js': `
import http from 'node:http'
const rooms = new Map()
class Secret { #a = 1; get a() { return this.#a } }
const server = http.createServer(() => 1)
server.listen(0)
const ready = await Promise.resolve({ v: 1 })
export const port = 1
export const f = () => { rooms.set(1, 1); return [rooms.size, new Secret().a, ready.v] }`,
    },
    changes: {
      'm.js': `
import http from 'node:http'
const rooms = new Map([[7, 7]])
class Secret { #a = 1; #b = 2; get a() { return this.#a + this.#b } }
const server = http.createServer(() => 2, 3)
server.listen(0)
const ready = await Promise.resolve({ v: 2 })
const late = await Promise.resolve(3)
export const port = 1
export const f = () => { rooms.set(1, 1); return [rooms.size, new Secret().a, ready.v] }`,
    },
    look,
    first: `(await load('./m.js')).f()`,
    reasons: [
      { at: 'm.js:3', says: /`rooms` holds live state/, allow: 'm.js:rooms' },
      { at: 'm.js:4', says: /`Secret` .*private names/, remedy: /upgrade\(\)/ },
      { at: 'm.js:6', says: /has opened a server.* on `server`, which would have to be made anew/ },
      { at: 'm.js:6', says: /has opened a server.* and would have to be evaluated anew/ },
      { at: 'm.js:7', says: /`ready` waits with `await` and would have to be evaluated anew/ },
      { at: 'm.js:8', says: /`late` is new and waits with `await`/ },
    ],
  })
})
