import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

const OPTIONS = { type: 'commonjs' } as const

/** An application of CommonJS before and after, and what can be seen of it. */
interface Case {
  name: string
  before: Files
  /** What differs after. */
  after: Files
  /** Run before the upgrade, and after: what it gives, both times. */
  sees: string
  gives: [unknown, unknown]
}

const kept: Case[] = [
  {
    name: 'what functions count in an export',
    before: { 'app.js': `exports.count = 0\nexports.hit = () => { exports.count++; return exports.count }` },
    after: {
      'app.js': `exports.count = 0\nexports.hit = () => { exports.count += 10; return exports.count }`,
    },
    sees: `return require('./app.js').hit()`,
    gives: [1, 11],
  },
  {
    name: 'what a property of module.exports holds, while others change and come',
    before: {
      'app.js': `module.exports = { rooms: new Map(), n: 0, hit() { this.rooms.set(++this.n, 'v1'); return [...this.rooms] } }`,
    },
    after: {
      'app.js': `
        const more = 'more'
        module.exports = {
          rooms: new Map(), n: 0, hit() { this.rooms.set(++this.n, 'v2'); return [...this.rooms, more] }, more, also: () => 1,
        }`,
    },
    sees: `return require('./app.js').hit()`,
    gives: [[[1, 'v1']], [[1, 'v1'], [2, 'v2'], 'more']],
  },
  {
    name: 'instances of a class that is module.exports, and the one that is exported',
    before: {
      'app.js': `const Store = require('./store.js')\nexports.own = new Store(1)\nexports.shared = require('./shared.js')`,
      'store.js': `module.exports = class { constructor(n) { this.n = n } next() { return ++this.n } }`,
      'shared.js': `const Store = require('./store.js')\nmodule.exports = new Store(10)`,
    },
    after: {
      'store.js': `module.exports = class { constructor(n) { this.n = n } next() { return 'v2 ' + (++this.n) } }`,
    },
    sees: `const { own, shared } = require('./app.js'); return [own.next(), shared.next()]`,
    gives: [
      [2, 11],
      ['v2 3', 'v2 12'],
    ],
  },
  {
    name: 'exports set with Object.assign, this, and beside a function',
    before: {
      'app.js': `
        const { hit } = require('./mixed.js')
        exports.hit = hit
        exports.call = require('./main.js')`,
      'mixed.js': `this.n = 0\nObject.assign(module.exports, { seen: new Set(), hit: () => { this.seen.add(++exports.n); return [...exports.seen] } })`,
      'main.js': `module.exports = function main() { return ['v1', ++module.exports.calls] }\nmodule.exports.calls = 0`,
    },
    after: {
      'mixed.js': `this.n = 0\nObject.assign(module.exports, { seen: new Set(), hit: () => { this.seen.add(exports.n += 5); return [...exports.seen] } })`,
      'main.js': `module.exports = function main() { return ['v2', ++module.exports.calls] }\nmodule.exports.calls = 0`,
    },
    sees: `const { hit, call } = require('./app.js'); return [hit(), call()]`,
    gives: [
      [[1], ['v1', 1]],
      [
        [1, 6],
        ['v2', 2],
      ],
    ],
  },
]

const followed: Case[] = [
  {
    name: 'what was computed from an export, in its own module and elsewhere; what was not stays',
    before: {
      'app.js': `
        const lib = require('./lib.js')
        const { limit } = require('./lib.js')
        const doubled = lib.limit * 2
        const born = {}
        exports.all = () => [limit, doubled, lib.table(), lib.other === exports.other, born === (exports.born ??= born)]
        exports.other = lib.other`,
      'lib.js': `exports.limit = 5\nexports.other = {}\nconst table = 'limit ' + exports.limit\nexports.table = () => table`,
    },
    after: {
      'lib.js': `exports.limit = 6\nexports.other = {}\nconst table = 'limit ' + exports.limit\nexports.table = () => table`,
    },
    sees: `return require('./app.js').all()`,
    gives: [
      [5, 10, 'limit 5', true, true],
      [6, 12, 'limit 6', true, true],
    ],
  },
  {
    name: 'an export that is gone, and one in place of a getter',
    before: {
      'app.js': `const lib = require('./lib.js')\nexports.keys = () => Object.keys(lib)\nexports.mode = () => lib.mode`,
      'lib.js': `Object.defineProperty(exports, 'mode', { enumerable: true, configurable: true, get: () => 'v1' })\nexports.old = 1`,
    },
    after: { 'lib.js': `exports.mode = 'v2'\nexports.young = 1` },
    sees: `const { keys, mode } = require('./app.js'); return [keys().sort(), mode()]`,
    gives: [
      [['mode', 'old'], 'v1'],
      [['mode', 'young'], 'v2'],
    ],
  },
  {
    name: 'an export that is set twice is made from its beginning',
    before: {
      'app.js': `exports.path = ['a']\nexports.path = exports.path.concat('b')\nexports.path.push('c')\nexports.all = () => exports.path`,
    },
    after: {
      'app.js': `exports.path = ['a']\nexports.path = exports.path.concat('B')\nexports.path.push('c')\nexports.all = () => exports.path`,
    },
    sees: `return require('./app.js').all()`,
    gives: [
      ['a', 'b', 'c'],
      ['a', 'B', 'c'],
    ],
  },
  {
    name: 'what a statement builds up on an export',
    before: {
      'app.js': `exports.routes = {}\nexports.routes.get = 'a'\nexports.routes.put = 'b'\nexports.all = () => exports.routes`,
    },
    after: {
      'app.js': `exports.routes = {}\nexports.routes.get = 'A'\nexports.routes.put = 'b'\nexports.all = () => exports.routes`,
    },
    sees: `return require('./app.js').all()`,
    gives: [
      { get: 'a', put: 'b' },
      { get: 'A', put: 'b' },
    ],
  },
]

for (const { name, before, after, sees, gives } of [...kept, ...followed]) {
  test(`${kept.some(each => each.name === name) ? 'kept' : 'made anew'}: ${name}`, async t => {
    const program = await startHotProgram(t, before, OPTIONS)
    assert.deepEqual(await program.run(sees), gives[0])
    await program.upgrade(after)
    assert.deepEqual(await program.run(sees), gives[1])
  })
}

/** A change that would lose what functions keep in an export, and where they do. */
const REFUSED: [name: string, files: Files, changed: Files, place: RegExp][] = [
  [
    'assigned by a function of the module',
    { 'app.js': `exports.count = 0\nexports.hit = () => ++exports.count` },
    { 'app.js': `exports.count = 100\nexports.hit = () => ++exports.count` },
    /app\.js:1: `exports\.count` holds live state, since app\.js:2 assigns it/,
  ],
  [
    'assigned by its name at run time',
    { 'app.js': `exports.count = 0\nexports.set = (k, v) => { module.exports[k] = v }` },
    { 'app.js': `exports.count = 1\nexports.set = (k, v) => { module.exports[k] = v }` },
    /`exports\.count` holds live state, since app\.js:2 assigns it/,
  ],
  [
    'assigned by another module',
    {
      'app.js': `const lib = require('./lib.js')\nexports.hit = () => lib.count++`,
      'lib.js': `exports.count = 0`,
    },
    { 'lib.js': `exports.count = 7` },
    /lib\.js:1: `exports\.count` holds live state, since app\.js:2 assigns it/,
  ],
  [
    'written into by another module',
    {
      'app.js': `const lib = require('./lib.js')\nexports.hit = () => lib.rooms.set(1, 2)`,
      'lib.js': `module.exports = { rooms: new Map() }`,
    },
    { 'lib.js': `module.exports = { rooms: new Map([]) }` },
    /lib\.js:1: `exports\.rooms` holds live state, since app\.js:2 calls its set\(\)/,
  ],
  [
    'filled by Object.assign',
    { 'app.js': `exports.settings = {}\nexports.set = more => Object.assign(exports.settings, more)` },
    { 'app.js': `exports.settings = { a: 1 }\nexports.set = more => Object.assign(exports.settings, more)` },
    /`exports\.settings` holds live state, since app\.js:2 writes into it/,
  ],
  [
    'an instance that is module.exports',
    {
      'app.js': `const store = require('./store.js')\nexports.add = x => store.add(x)`,
      'store.js': `class Store { add(x) { this.x = x } }\nmodule.exports = new Store()`,
    },
    { 'store.js': `class Store { add(x) { this.x = x } }\nmodule.exports = Object.assign(new Store(), {})` },
    /store\.js:2: `module\.exports` holds live state, since app\.js:2 calls its add\(\)/,
  ],
  [
    'in an ES module, reached by its namespace',
    {
      'app.js': `exports.hit = async () => (await import('./use.mjs')).hit()\nvoid import('./use.mjs')`,
      'use.mjs': `import * as store from './store.mjs'\nexport const hit = () => store.rooms.set(1, 2)`,
      'store.mjs': `export const rooms = new Map()`,
    },
    { 'store.mjs': `export const rooms = new Map([])` },
    /store\.mjs:1: `rooms` holds live state, since use\.mjs:2 calls its set\(\)/,
  ],
]

for (const through of [
  `export * from './store.mjs'`,
  `export { rooms } from './store.mjs'`,
  `import { rooms } from './store.mjs'\nexport { rooms }`,
])
  REFUSED.push([
    `in an ES module, passed on by ${through}`,
    {
      'app.js': `exports.hit = async () => (await import('./use.mjs')).hit()\nvoid import('./use.mjs')`,
      'use.mjs': `import { rooms } from './index.mjs'\nexport const hit = () => rooms.set(1, 2)`,
      'index.mjs': through,
      'store.mjs': `export const rooms = new Map()`,
    },
    { 'store.mjs': `export const rooms = new Map([])` },
    /store\.mjs:1: `rooms` holds live state, since use\.mjs:2 calls its set\(\)/,
  ])

for (const [name, files, changed, place] of REFUSED) {
  test(`refused: state in an export, ${name}`, async t => {
    const program = await startHotProgram(t, files, OPTIONS)
    await program.run(`await require('./app.js').hit?.()`)
    const error = await program.refusal(changed)
    assert.equal(error.code, 'incompatible_change')
    assert.match(error.message, place)
  })
}
