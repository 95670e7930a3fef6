import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertReasons, assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'
import { FORMATS, type Format } from '../support/kept.ts'

/** Statements end where lines end; there are more lines in the first constructor than in any other. */
const FIRST = `
  #log = []
  #name
  kind = 'first'
  constructor(name) {
    const given = name /* the name
      that it was given */
    // a line of its own
    ;[this.#name] = [given]
    this.make = () => label('made')
    this.made = this.make()
  }`

const SECOND = `#log = []
  #name; kind = 'second'; constructor(name) { this.#name = name; this.count = 0 }`

const THIRD = `#log = []; #name; kind = 'third'; constructor(name, more) { this.#name = name + more }`

const session = (construction: string, method: string, after = '') => `
const label = what => '${method} ' + what
class Session {
  ${construction}
  see() { this.#log.push('${method}'); return [this.#name, this.kind, this.made, this.#log.join()] }
  where() { return new Error(this.#name + '${method}').stack }${after}
}
let first
const begin = () => { first = new Session('a') }
const see = () => [first.see(), new Session('b').see()]
const again = () => first.make()
`

const NAMES = 'Session, begin, see, again'
const module = (type: Format, text: string) => ({
  'm.js': `${text}${type === 'module' ? `export { ${NAMES} }` : `module.exports = { ${NAMES} }`}\n`,
})
const lineOf = (text: string, what: string) => text.slice(0, text.indexOf(what)).split('\n').length.toString()

const ALLOWED = { allow: ['m.js:Session'] }
const CHANGED = {
  at: 'm.js:3',
  says: /^the constructor or the fields of `Session` changed, and it has private names/,
  remedy: /Leave its constructor and fields as they were/,
  allow: 'm.js:Session',
}
const NOTE =
  'm.js:3: `Session` keeps its constructor and its fields of the release before: private names cannot cross'

for (const { type, name } of FORMATS) {
  const load = type === 'module' ? `await load('./m.js')` : `require('./m.js')`
  const app = { 'app.js': type === 'module' ? `import './m.js'` : `require('./m.js')` }
  const see = `return (${load}).see()`

  test(`${name}: by leave a class keeps its constructor and its fields, and all else is upgraded`, async t => {
    const program = await startHotProgram(t, { ...app, ...module(type, session(FIRST, 'm1')) }, { type })
    await program.run(`(${load}).begin()`)
    assert.deepEqual(await program.run(see), [
      ['a', 'first', 'm1 made', 'm1'],
      ['b', 'first', 'm1 made', 'm1'],
    ])
    const text = session(SECOND, 'm2', `\n  more() { return 'more of ' + this.#name }`)
    const next = module(type, text)
    const refused = await program.plan(next)
    assert.equal(refused.verdict, 'blue-green')
    assert.deepEqual(refused.notes, [])
    assert.ok(refused.reasons.some(({ allow }) => allow === 'm.js:Session'))
    const plan = await program.plan(next, ALLOWED)
    assert.deepEqual([plan.verdict, plan.notes, plan.reasons], ['hot', [NOTE], []])
    const result = await program.upgrade(next, ALLOWED)
    assert.deepEqual(result.notes, [NOTE])
    assert.deepEqual(await program.run(see), [
      ['a', 'first', 'm1 made', 'm1,m2'],
      ['b', 'first', 'm2 made', 'm2'],
    ])
    assert.equal(await program.run(`return (${load}).again()`), 'm2 made')
    assert.equal(await program.run(`return new (${load}).Session('c').more()`), 'more of c')
    assert.match(
      await program.run<string>(`return new (${load}).Session('d').where()`),
      new RegExp(`m\\.js:${lineOf(text, 'new Error')}:`),
    )
  })

  test(`${name}: the next upgrades know which constructor runs`, async t => {
    const program = await startHotProgram(t, { ...app, ...module(type, session(FIRST, 'm1')) }, { type })
    await program.run(`(${load}).begin()`)
    const second = module(type, session(SECOND, 'm2'))
    const third = module(type, session(THIRD, 'm3'))
    await program.upgrade(second, ALLOWED)
    for (const change of [second, third, { ...second, 'other.js': '' }]) {
      const { reasons = [], code } = await program.refusal(change)
      assert.equal(code, 'incompatible_change')
      assertReasons(
        reasons.filter(({ allow }) => allow === 'm.js:Session'),
        [CHANGED],
      )
    }
    assert.deepEqual((await program.upgrade(second, ALLOWED)).notes, [NOTE])
    assert.deepEqual((await program.upgrade(third, ALLOWED)).notes, [NOTE])
    assert.deepEqual(await program.run(see), [
      ['a', 'first', 'm1 made', 'm3'],
      ['b', 'first', 'm3 made', 'm3'],
    ])
    const back = module(type, session(FIRST, 'm4'))
    const plan = await program.plan(back)
    assert.deepEqual([plan.verdict, plan.notes, plan.reasons], ['hot', [], []])
    assert.deepEqual((await program.upgrade(back)).notes, [])
    assert.deepEqual(await program.run(see), [
      ['a', 'first', 'm1 made', 'm3,m4'],
      ['b', 'first', 'm4 made', 'm4'],
    ])
    // What is inside of the constructor is what it was, too, for whoever has kept it.
    await program.upgrade(module(type, session(FIRST.replace(`'made'`, `'made again'`), 'm4')))
    assert.equal(await program.run(`return (${load}).again()`), 'm4 made again')
    // It is the text of the file again: nothing differs.
    assert.deepEqual((await program.plan({})).modules, [])
  })
}

const refused: Record<
  string,
  { before: string; after: string; says: RegExp; at?: string; more?: ExpectedReason[] }
> = {
  'a method needs a private field that living instances lack': {
    before: `class A { #x = 1; get() { return this.#x } }`,
    after: `class A { #x = 1; #y = 2\n  get() { return this.#y } }`,
    says: /`A` changed, .* nor can it keep .*: line 2 needs `#y`/,
  },
  'a field becomes an accessor': {
    before: `class A { #x = 1; get() { return this.#x } }`,
    after: `class A { get #x() { return 2 } get() { return this.#x } }`,
    says: /`A` changed, .* nor can it keep .*: line 1 needs `#x`/,
    more: [{ at: 'm.js:1', says: /living instances cannot be given private ones/ }],
  },
  'its constructor used what is gone': {
    before: `const start = () => 1\nclass A { #x; constructor() { this.#x = start() } get() { return this.#x } }`,
    after: `class A { #x; constructor() { this.#x = 2 } get() { return this.#x } }`,
    says: /`A` changed, .* nor can it keep .*: what that uses is not there any more/,
  },
  'its constructor used what comes from elsewhere': {
    before: `import { start } from './one.js'\nclass A { #x; constructor() { this.#x = start() } get() { return this.#x } }`,
    after: `import { start } from './two.js'\nclass A { #x; constructor() { this.#x = start() + 1 } get() { return this.#x } }`,
    says: /`A` changed, .* nor can it keep .*: what that uses is not there any more, or comes from elsewhere/,
    at: 'm.js:2',
  },
}

for (const [name, { before, after, says, at = 'm.js:1', more = [] }] of Object.entries(refused))
  test(`nothing allows it: ${name}`, async t => {
    const text = (body: string) => `${body}\nexport const f = () => new A().get()`
    const files = { 'one.js': 'export const start = () => 1', 'two.js': 'export const start = () => 1' }
    await assertRefused(t, {
      files: { ...files, 'app.js': `import './m.js'`, 'm.js': text(before) },
      changes: { 'm.js': text(after) },
      look: `return (await load('./m.js')).f()`,
      options: { allow: ['m.js:A', 'm.js:start'] },
      reasons: [{ at, says }, ...more],
    })
  })

test('an upgrade that is undone leaves the class as it was', async t => {
  const text = (construction: string, fails: boolean) =>
    `class A { ${construction} get() { return this.#x } }\nexport const f = () => new A().get()\n${fails ? `throw new Error('no')` : ''}`
  const program = await startHotProgram(t, { 'app.js': `import './m.js'`, 'm.js': text('#x = 1;', false) })
  const allow = { allow: ['m.js:A'] }
  const { code } = await program.refusal({ 'm.js': text('#x = 2;', true) }, allow)
  assert.equal(code, 'hot_upgrade_failed')
  assert.equal((await program.plan({ 'm.js': text('#x = 2;', false) })).reasons[0]?.allow, 'm.js:A')
  assert.deepEqual((await program.plan({})).modules, [])
  assert.equal(await program.run(`return (await load('./m.js')).f()`), 1)
})
