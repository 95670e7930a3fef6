import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'
import { assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'

const APP = { 'app.js': `import './m.js'` }
const LOOK = `return (await load('./m.js')).f()`

const refused: Record<string, { before: string; after: string; reasons: ExpectedReason[] }> = {
  'a function becomes a class': {
    before: `function A() { this.v = 1 }\nexport const f = () => new A().v`,
    after: `class A { v = 2 }\nexport const f = () => new A().v`,
    reasons: [
      {
        at: 'm.js:1',
        says: /^`A` was a function and is none any more/,
        remedy: /upgrade\(\)/,
        allow: 'm.js:A',
      },
    ],
  },
  'a private field is new, and an instance lives': {
    before: `class A { #x = 1; get() { return this.#x } }\nconst a = new A()\nexport const f = () => a.get()`,
    after: `class A { #x = 1; #y = 2; get() { return this.#x + this.#y } }\nconst a = new A()\nexport const f = () => a.get()`,
    reasons: [
      {
        at: 'm.js:1',
        says: /`A` changed, and it has private names/,
        remedy: /Leave .* or use `upgrade\(\)`/,
      },
      { at: 'm.js:2', says: /^`a` holds live state/, allow: 'm.js:a' },
    ],
  },
  'a private method is new': {
    before: `class A { #x = 1; get() { return this.#x } }\nconst a = new A()\nexport const f = () => a.get()`,
    after: `class A { #x = 1; #p() { return 7 } get() { return this.#p() } }\nconst a = new A()\nexport const f = () => a.get()`,
    reasons: [{ at: 'm.js:1', says: /private ones/, remedy: /upgrade\(\)/ }],
  },
  'a counter that begins with something else': {
    before: `let n = 0\nexport const count = () => ++n\nexport const f = () => n`,
    after: `let n = [0]\nexport const count = () => ++n[0]\nexport const f = () => n`,
    reasons: [{ at: 'm.js:1', says: /^`n` holds live state, since m.js:2 assigns it/, allow: 'm.js:n' }],
  },
}

for (const [name, { before, after, reasons }] of Object.entries(refused))
  test(`refused: ${name}`, async t => {
    await assertRefused(t, {
      files: { ...APP, 'm.js': before },
      changes: { 'm.js': after },
      look: LOOK,
      reasons,
    })
  })

const COUNT = `export const count = () => { n.c += 1 }\nexport const f = () => n.c`

const kept: Record<string, [before: Files, after: Files]> = {
  'let becomes const': [{ 'm.js': `let n = { c: 0 }\n${COUNT}` }, { 'm.js': `const n = { c: 0 }\n${COUNT}` }],
  'const becomes var': [{ 'm.js': `const n = { c: 0 }\n${COUNT}` }, { 'm.js': `var n = { c: 0 }\n${COUNT}` }],
  'a function that counts becomes an arrow function': [
    { 'm.js': `const n = { c: 0 }\nexport function count() { n.c += 1 }\nexport const f = () => n.c` },
    { 'm.js': `const n = { c: 0 }\n${COUNT}` },
  ],
  'modules that import each other': [
    {
      'm.js': `import { up } from './b.js'\nexport const n = { c: 0 }\nexport const count = () => up()\nexport const f = () => n.c`,
      'b.js': `import { n } from './m.js'\nexport const up = () => { n.c += 1 }`,
    },
    { 'b.js': `import { n } from './m.js'\nexport function up() { n.c += 1; return n }` },
  ],
}

for (const [name, [before, after]] of Object.entries(kept))
  test(`accepted, and the state is kept: ${name}`, async t => {
    const program = await startHotProgram(t, { ...APP, ...before })
    await program.run(`(await load('./m.js')).count()`)
    await program.upgrade(after)
    await program.run(`(await load('./m.js')).count()`)
    assert.equal(await program.run(LOOK), 2)
  })

test('what is allowed by name starts anew, and nothing else does', async t => {
  const program = await startHotProgram(t, {
    ...APP,
    'm.js': `let n = 0\nlet m = 0\nexport const count = () => { n += 1; m += 1 }\nexport const f = () => [n, m]`,
  })
  await program.run(`(await load('./m.js')).count()`)
  const next = `let n = 10 + Number(true)\nlet m = 0\nexport const count = () => { n += 1; m += 1 }\nexport const f = () => [n, m]`
  const { reasons } = await program.refusal({ 'm.js': next })
  assert.deepEqual(
    reasons?.map(({ allow }) => allow),
    ['m.js:n'],
  )
  await program.upgrade({ 'm.js': next }, { allow: ['m.js:n'] })
  assert.deepEqual(await program.run(LOOK), [11, 1])
})
