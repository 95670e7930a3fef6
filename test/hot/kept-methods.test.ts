import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused } from '../support/hot-refusals.ts'

/** A part of a module that the new version does not have, and how somebody keeps a function of it. */
interface Gone {
  before: string
  after: string
  /** With `m`, what the module exports, `bus` and `list`. */
  keep: string
  /** Goes on from the line of `before` on which it stands. */
  line: number
  says: RegExp
  allow?: string
}

const PARTS: Record<string, Gone> = {
  'a method that listens': {
    before: 'class A {\n  gone() {}\n  stays() {}\n}',
    after: 'class A {\n  stays() {}\n}',
    keep: `bus.on('tick', m.A.prototype.gone)`,
    line: 1,
    says: /^`gone` of `A` is gone, .* kept by `_events.tick` of an `EventEmitter`$/,
  },
  'a method of a timer': {
    before: 'class B {\n  gone() {}\n}',
    after: 'class B {\n}',
    keep: 'globalThis.timer = setInterval(m.B.prototype.gone, 1e6).unref()',
    line: 1,
    says: /^`gone` of `B` .* kept by `_onTimeout` of a `Timeout`$/,
  },
  'a bound method': {
    before: 'class C {\n  gone() {}\n}',
    after: 'class C {\n}',
    keep: 'list.push(m.C.prototype.gone.bind({}))',
    line: 1,
    says: /^`gone` of `C` .* kept by a bound function$/,
  },
  'a method under another name': {
    before: 'class D {\n  gone() {}\n}',
    after: 'class D {\n}',
    keep: 'm.D.prototype.alias = m.D.prototype.gone',
    line: 1,
    says: /^`gone` of `D` .* kept by `prototype.alias` of `D`$/,
  },
  'a getter': {
    before: 'class E {\n  get gone() { return 1 }\n  set gone(value) {}\n}',
    after: 'class E {\n  set gone(value) {}\n}',
    keep: `list.push(Object.getOwnPropertyDescriptor(m.E.prototype, 'gone').get)`,
    line: 1,
    says: /^`get gone` of `E` .* kept by the export `list\[\d\]`$/,
  },
  'a static method': {
    before: 'class F {\n  static gone() {}\n}',
    after: 'class F {\n}',
    keep: `bus.kept = new Map([['key', m.F.gone]])`,
    line: 1,
    says: /^`static gone` of `F` .* kept by a `Map`$/,
  },
  'a method that is an accessor now': {
    before: 'class G {\n  size() { return 1 }\n}',
    after: 'class G {\n  get size() { return 1 }\n}',
    keep: 'list.push(m.G.prototype.size)',
    line: 1,
    says: /^`size` of `G` is gone/,
  },
  'a method that is a field now': {
    before: 'class H {\n  handle() { return 1 }\n}',
    after: 'class H {\n  handle = () => 1\n}',
    keep: 'list.push(m.H.prototype.handle)',
    line: 1,
    says: /^`handle` of `H` is gone/,
  },
  'a method of a class in a variable': {
    before: 'const I = class {\n  gone() {}\n}',
    after: 'const I = class {\n}',
    keep: 'list.push(m.I.prototype.gone)',
    line: 1,
    says: /^`gone` of the class here is gone/,
  },
  'a function that a method has made': {
    before: 'class J {\n  make() { return () => 1 }\n}',
    after: 'class J {\n}',
    keep: 'list.push(new m.J().make())',
    line: 1,
    says: /^`make` of `J` is gone/,
  },
  'a method of an object': {
    before: 'const K = {\n  gone() {},\n  stays() {},\n}',
    after: 'const K = {\n  stays() {},\n}',
    keep: 'list.push(m.K.gone)',
    line: 1,
    says: /^the function that was here is gone/,
  },
  'a method of an object that nobody else can name': {
    before: 'const q = {\n  gone() {},\n  stays() {},\n}\nconst Q = () => q',
    after: 'const q = {\n  stays() {},\n}\nconst Q = () => q',
    keep: 'list.push(m.Q().gone)',
    line: 1,
    says: /^the function that was here is gone/,
  },
  'an object that has one': {
    before: 'const L = {\n  gone() {},\n  stays() {},\n}',
    after: 'const L = {\n  stays() {},\n}',
    keep: 'list.push(m.L)',
    line: 1,
    says: /^the function that was here is gone, .* kept by the export `list\[\d\]\.gone`$/,
  },
  'a method of a class that is gone': {
    before: 'class M {\n  gone() {}\n}',
    after: '',
    keep: 'list.push(m.M.prototype.gone)',
    line: 0,
    says: /^`M` is gone/,
    allow: 'm.js:M',
  },
  'a function that is a value now': {
    before: 'const N = () => 1',
    after: 'const N = 1',
    keep: 'list.push(m.N)',
    line: 0,
    says: /^`N` as a function is gone/,
    allow: 'm.js:N',
  },
  'a function in a static field': {
    before: 'class O {\n  static handle = () => 1\n}',
    after: 'class O {\n}',
    keep: 'list.push(m.O.handle)',
    line: 1,
    says: /^`static handle` of `O` is gone/,
  },
  'a function that was set on a class': {
    before: 'class P {}\nP.prototype.open = function () { return 1 }',
    after: 'class P {}',
    keep: 'list.push(m.P.prototype.open)',
    line: 1,
    says: /^a function of the statement here is gone/,
  },
}

const textOf = (which: 'before' | 'after') => {
  const text = Object.values(PARTS)
    .map(part => part[which])
    .join('\n')
  return `${text}\nexport { ${[...text.matchAll(/(?:class|const) ([A-Z])/g)].map(([, name]) => name).join(', ')} }`
}
const FILES = {
  'app.js': `import './m.js'\nimport './keep.js'`,
  'keep.js': `import { EventEmitter } from 'node:events'\nexport const bus = new EventEmitter()\nexport const list = []\nexport const see = () => list.length`,
  'm.js': textOf('before'),
}
const AFTER = { 'm.js': textOf('after') }
const GIVEN = `const m = await load('./m.js'); const { bus, list } = await load('./keep.js')`

test('a method or property that is gone and that somebody has kept is a reason, with its place and who has it', async t => {
  let line = 1
  const reasons = Object.values(PARTS).map(part => {
    const at = `m.js:${line + part.line}`
    line += part.before.split('\n').length
    return { at, says: part.says, remedy: /Leave it under its name/, allow: part.allow ?? at }
  })
  const program = await assertRefused(t, {
    files: FILES,
    changes: AFTER,
    first: [GIVEN, ...Object.values(PARTS).map(({ keep }) => keep)].join('\n'),
    look: `${GIVEN}; return [list.length, bus.eventNames(), Object.keys(m), Reflect.ownKeys(m.A.prototype), Reflect.ownKeys(m.K)]`,
    reasons,
  })
  // Nobody has them any more.
  await program.run(
    `${GIVEN}; list.length = 0; bus.removeAllListeners(); delete bus.kept; delete m.D.prototype.alias; clearInterval(timer); delete globalThis.timer`,
  )
  await program.upgrade(AFTER)
  const after = await program.run(`${GIVEN}; return [Reflect.ownKeys(m.A.prototype), Object.keys(m.K)]`)
  assert.deepEqual(after, [['constructor', 'stays'], ['stays']])
})
