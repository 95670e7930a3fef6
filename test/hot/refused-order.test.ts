import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'

const APP = { 'app.js': `import './m.js'\nimport './bus.js'` }
const BUS = {
  'bus.js': `
    import { EventEmitter } from 'node:events'
    export const bus = new EventEmitter()
    export const listen = (name, handler) => { bus.on(name, handler); return () => bus.off(name, handler) }`,
}
const LOOK = `
  const [m, { bus }] = [await load('./m.js'), await load('./bus.js')]
  return [m.f(), bus.eventNames(), globalThis.trace ?? null]`

const cases: Record<string, { before: string; after: string; reasons: ExpectedReason[] }> = {
  'effects in another order': {
    before: `globalThis.trace = []\nglobalThis.trace.push(1)\nglobalThis.trace.push(2)`,
    after: `globalThis.trace = []\nglobalThis.trace.push(2)\nglobalThis.trace.push(1)`,
    reasons: [{ at: 'm.js:2', says: /had an effect and is gone/, allow: 'm.js:2' }],
  },
  'variables that are counted in another order': {
    before: `let n = 0\nconst next = () => ++n\nconst a = next()\nconst b = next()`,
    after: `let n = 0\nconst next = () => ++n\nconst b = next()\nconst a = next()`,
    reasons: [
      {
        at: 'm.js:3',
        says: /^`b` stands before line 4 now, which it stood behind, and both use `n`/,
        remedy: /Put it back/,
        allow: 'm.js:b',
      },
    ],
  },
  'a variable before another one that it uses': {
    before: `const a = { v: 1 }\nconst b = { v: a.v }`,
    after: `const b = { v: a.v }\nconst a = { v: 1 }`,
    reasons: [
      { at: 'm.js:1', says: /^`b` stands before line 2 now, .* and both use `a`/, allow: 'm.js:b' },
      {
        at: 'm.js:1',
        says: /^`b` uses `a` before that is declared/,
        remedy: /Declare it further up/,
        allow: 'm.js:b',
      },
    ],
  },
  'a new variable before what it uses': {
    before: `const a = { v: 1 }`,
    after: `const c = { v: a.v }\nconst a = { v: 1 }`,
    reasons: [{ at: 'm.js:1', says: /^`c` uses `a` before that is declared/, allow: 'm.js:c' }],
  },
  'a subscription that would be made once more': {
    before: `import { bus } from './bus.js'\nconst off = bus.on('a', () => 1)`,
    after: `import { bus } from './bus.js'\nconst off = bus.on('b', () => 1)`,
    reasons: [
      {
        at: 'm.js:2',
        says: /^`off` would have to be evaluated anew, and what it did goes on with the old code: m.js:2 calls `bus.on\(\)`/,
        remedy: /import\.meta\.hot\.dispose/,
        allow: 'm.js:off',
      },
    ],
  },
  'a subscription that would be made once more, by a function': {
    before: `import { listen } from './bus.js'\nconst off = listen('a', () => 1)`,
    after: `import { listen } from './bus.js'\nconst off = listen('b', () => 1)`,
    reasons: [
      { at: 'm.js:2', says: /goes on with the old code: bus.js:4 calls `bus.on\(\)`/, allow: 'm.js:off' },
    ],
  },
}

const text = (code: string, version: number) => `${code}\nexport const f = () => [${version}, typeof a]`

for (const [name, { before, after, reasons }] of Object.entries(cases))
  test(`refused: ${name}`, async t => {
    await assertRefused(t, {
      files: { ...APP, ...BUS, 'm.js': text(before, 1) },
      changes: { 'm.js': text(after, 2) },
      look: LOOK,
      reasons,
    })
  })

const accepted: Record<string, [before: string, after: string]> = {
  'variables that have nothing to do with each other': [
    `const a = { v: 1 }\nconst b = { v: 2 }`,
    `const b = { v: 2 }\nconst a = { v: 1 }`,
  ],
  'functions that are declared further down': [
    `function make() { return 1 }\nconst a = make()`,
    `const a = make()\nfunction make() { return 1 }`,
  ],
  'what a function uses when it is called': [
    `const a = { v: 1 }\nexport const g = () => a`,
    `export const g = () => a\nconst a = { v: 1 }`,
  ],
  'a factory that changed': [
    `const make = () => { const m = new Map(); m.set(1, 1); return m }\nconst a = make()`,
    `const make = () => { const m = new Map(); m.set(1, 2); m.set(2, 2); return m }\nconst a = make()`,
  ],
}

for (const [name, [before, after]] of Object.entries(accepted))
  test(`accepted in another order: ${name}`, async t => {
    const program = await startHotProgram(t, { ...APP, ...BUS, 'm.js': text(before, 1) })
    await program.upgrade({ 'm.js': text(after, 2) })
    assert.equal((await program.run<unknown[][]>(LOOK))[0]?.[0], 2)
  })
