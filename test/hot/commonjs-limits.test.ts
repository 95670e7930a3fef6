import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const OPTIONS = { type: 'commonjs' } as const

test('of what is taken apart only what changed is taken anew', async t => {
  const files = {
    'app.js': `const { limit, rooms } = require('./store.js')\nexports.hit = () => [limit, [...rooms.add(rooms.size)]]`,
    'store.js': `exports.limit = 1\nexports.rooms = new Set()`,
  }
  const program = await startHotProgram(t, files, OPTIONS)
  const hit = () => program.run(`return require('./app.js').hit()`)
  assert.deepEqual(await hit(), [1, [0]])
  await program.upgrade({ 'store.js': files['store.js'].replace('1', '2') })
  assert.deepEqual(await hit(), [2, [0, 1]])
})

test('an export that is gone and cannot be taken away is named', async t => {
  const passing = `Object.defineProperty(exports, 'old', { enumerable: true, get: function () { return 1 } })`
  const program = await startHotProgram(t, { 'app.js': `${passing}\nexports.other = 1` }, OPTIONS)
  const { notes } = await program.upgrade({ 'app.js': 'exports.other = 1' })
  assert.deepEqual(notes, ['app.js: `exports.old` is gone, and stays defined as it was'])
})

test('refused: an export that was defined such that it stays as it is', async t => {
  const passing = `Object.defineProperty(exports, 'mode', { enumerable: true, get: function () { return 1 } })`
  const program = await startHotProgram(t, { 'app.js': passing }, OPTIONS)
  const error = await program.refusal({ 'app.js': 'exports.mode = 2' })
  assert.match(error.message, /app\.js:1: `exports\.mode` cannot be set/)
})

test('an ES module has had the value of an export since it was linked, and gets the new one', async t => {
  const files = {
    'app.js': `void import('./use.mjs')\nexports.see = async () => (await import('./use.mjs')).see()`,
    'use.mjs': `import lib, { limit } from './lib.js'\nimport * as all from './lib.js'\nexport const see = () => [lib.limit, limit, all.more]`,
    'lib.js': `exports.limit = 1`,
  }
  const program = await startHotProgram(t, files, OPTIONS)
  await program.upgrade({ 'lib.js': `exports.limit = 2\nexports.more = 1` })
  assert.deepEqual(await program.run(`return require('./app.js').see()`), [2, 2, 1])
})

const STORE = `exports.limit = 1\nexports.rooms = new Set()`

for (const [name, files] of Object.entries({
  'in an object': { 'index.js': `const store = require('./store.js')\nmodule.exports = { store }` },
  'one by one': { 'index.js': `exports.store = require('./store.js')` },
}))
  test(`modules that are exported ${name} are followed to what they export`, async t => {
    const app = `
      const all = require('./index.js')
      const doubled = all.store.limit * 2
      exports.hit = () => [doubled, [...all.store.rooms.add(all.store.rooms.size)]]`
    const program = await startHotProgram(t, { 'app.js': app, 'store.js': STORE, ...files }, OPTIONS)
    const hit = () => program.run(`return require('./app.js').hit()`)
    assert.deepEqual(await hit(), [2, [0]])
    const error = await program.refusal({ 'store.js': STORE.replace('Set()', 'Set([])') })
    assert.match(
      error.message,
      /store\.js:2: `exports\.rooms` holds live state, since app\.js:4 calls its add\(\)/,
    )
    await program.upgrade({ 'store.js': STORE.replace('1', '3') })
    assert.deepEqual(await hit(), [6, [0, 1]])
  })

test('refused: module.exports was a function, and is an object with properties', async t => {
  const files = { 'app.js': `const lib = require('./lib.js')`, 'lib.js': `module.exports = () => 1` }
  const program = await startHotProgram(t, files, OPTIONS)
  const error = await program.refusal({ 'lib.js': `module.exports = { a: 1 }` })
  assert.match(error.message, /lib\.js: what `module\.exports` is set to is another kind of thing now/)
})

test('an upgrade that fails leaves the exports as they were, and in their order', async t => {
  const files = {
    'app.js': `exports.all = () => [require('./lib.js'), require('./list.js')]\nrequire('./lib.js')\nrequire('./list.js')`,
    'lib.js': `exports.gone = 1\nexports.limit = 1\nObject.defineProperty(exports, 'mode', { get: () => 'm', configurable: true, enumerable: true })\nexports.last = 1`,
    'list.js': `const b = 1\nmodule.exports = { a: 1, b, c: 1 }`,
  }
  const program = await startHotProgram(t, files, OPTIONS)
  const all = () => program.run(`return JSON.stringify(require('./app.js').all())`)
  const before = await all()
  const changed = {
    'lib.js': `exports.mode = 'v2'\nexports.limit = 2\nexports.last = 1`,
    'list.js': `const b = 2\nmodule.exports = { c: 1, more: 1, b }`,
  }
  const error = await program.refusal({ ...changed, 'app.js': `${files['app.js']}\nthrow new Error('no')` })
  assert.equal(error.code, 'hot_upgrade_failed')
  assert.equal(await all(), before)
  await program.upgrade(changed)
  assert.equal(await all(), '[{"limit":2,"last":1,"mode":"v2"},{"c":1,"more":1,"b":2}]')
})

test('an enumeration of a compiler gets a new member, and who has counted them counts anew', async t => {
  const color = (members: string) => `
    exports.Color = void 0
    var Color;
    (function (Color) { ${members} })(Color || (exports.Color = Color = {}));`
  const red = 'Color[Color["Red"] = 0] = "Red";'
  const files = {
    'app.js': `const { Color } = require('./color.js')\nconst many = Object.keys(Color).length\nexports.see = () => [many, Color[1]]`,
    'color.js': color(red),
  }
  const program = await startHotProgram(t, files, OPTIONS)
  const see = () => program.run(`return require('./app.js').see()`)
  assert.deepEqual(await see(), [2, undefined])
  await program.upgrade({ 'color.js': color(`${red} Color[Color["Blue"] = 1] = "Blue";`) })
  assert.deepEqual(await see(), [4, 'Blue'])
})

test('what a statement builds up is made from its beginning when something that it reads has changed', async t => {
  const files = {
    'app.js': `const lib = require('./lib.js')\nconst table = {}\ntable.first = lib.limit * 2\ntable.second = [lib.limit]\nexports.see = () => table`,
    'lib.js': `exports.limit = 1`,
  }
  const program = await startHotProgram(t, files, OPTIONS)
  const { modules } = await program.upgrade({ 'lib.js': `exports.limit = 2` })
  assert.deepEqual(modules.find(({ module }) => module === 'app.js')?.evaluated, [
    'table',
    'line 3',
    'line 4',
  ])
  assert.deepEqual(await program.run(`return require('./app.js').see()`), { first: 4, second: [2] })
})
