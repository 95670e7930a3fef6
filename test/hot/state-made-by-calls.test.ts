import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

const MAKE = `export const make = () => ({ n: 0, inner: { n: 0 } })\nexport const rooms = () => new Map([[1, { n: 0 }]])\n`
const ADD = `
export function add(own) { own.n += 1; return own.n }
export const twice = own => add(own)
export const far = { add(own) { return twice(own) } }
export default add
export class Adder { constructor(own) { own.n += 1; this.n = own.n } }
export class Keeper { constructor(own) { this.own = own } add() { return (this.own.n += 1) } }
export const inner = ({ inner: own }) => (own.n += 1)
export const each = map => { for (const [, own] of map) return add(own) }
export const values = map => [...map.values()].map(own => add(own))[0]
export const later = own => Object.values({ own })[0].n++ + 1
export const adder = own => () => (own.n += 1)
export const putter = own => () => globalThis.put(own)
`

/** Functions that write into what a call has made, by way of another module. */
const WRITTEN: Record<string, [text: string, said: RegExp]> = {
  'a function of it': [
    `import { add } from './add.js'\nconst state = make()\nexport const hit = () => add(state)`,
    /`state` holds live state, since add\.js:2 writes into it/,
  ],
  'a function of it that gives it to another one': [
    `import { twice } from './add.js'\nconst state = make()\nexport const hit = () => twice(state)`,
    /since add\.js:2 writes into it/,
  ],
  'a method of an object of it': [
    `import * as all from './add.js'\nconst state = make()\nexport const hit = () => all.far.add(state)`,
    /since add\.js:2 writes into it/,
  ],
  'its default export': [
    `import add from './add.js'\nconst state = make()\nexport const hit = () => add(state)`,
    /since add\.js:2 writes into it/,
  ],
  'a constructor of it': [
    `import { Adder } from './add.js'\nconst state = make()\nexport const hit = () => new Adder(state).n`,
    /since add\.js:6 writes into it/,
  ],
  'an object that keeps it': [
    `import { Keeper } from './add.js'\nconst state = make()\nexport const hit = () => new Keeper(state).add()`,
    /since add\.js:7 hands it on, and its declaration does not tell/,
  ],
  'a part of it': [
    `import { inner } from './add.js'\nconst state = make()\nexport const hit = () => inner(state)`,
    /since add\.js:8 writes into it/,
  ],
  'an element of it': [
    `import { each } from './add.js'\nconst state = rooms()\nexport const hit = () => each(state)`,
    /since add\.js:2 writes into it/,
  ],
  'an element of a copy of it': [
    `import { values } from './add.js'\nconst state = rooms()\nexport const hit = () => values(state)`,
    /since add\.js:10 hands it on/,
  ],
  'a function that was made with it at the start': [
    `import { adder } from './add.js'\nconst state = make()\nconst add = adder(state)\nexport const hit = () => add()`,
    /`state` holds live state, since add\.js:12 writes into it/,
  ],
  'somebody unknown, from a function that was given it at the start, too': [
    `import { putter } from './add.js'\nglobalThis.put = own => (own.n += 1)\nconst state = make()\nconst first = putter(state)\nexport const hit = () => putter(state)()`,
    /since add\.js:13 hands it on/,
  ],
  'somebody who puts it somewhere': [
    `import { later } from './add.js'\nconst state = make()\nexport const hit = () => later(state)`,
    /since add\.js:11 hands it on/,
  ],
  'somebody of whom nothing is known': [
    `globalThis.add = own => (own.n += 1)\nconst state = make()\nexport const hit = () => globalThis.add(state)`,
    /since m\.js:4 hands it on, and its declaration does not tell/,
  ],
  'a variable that a function sets': [
    `const state = make()\nlet kept\nexport const hit = () => { kept ??= state; kept.n += 1; return kept.n }`,
    /`state` holds live state, since m\.js:4 hands it on/,
  ],
  'those who call what returns it': [
    `import { caller } from './caller.js'\nconst state = make()\nexport const all = () => state\nexport const hit = () => caller()`,
    /since caller\.js:2 writes into it/,
  ],
  'those who are given what returns it': [
    `const state = make()\nexport const all = () => state\nexport const hit = () => [all].map(get => (get().n += 1))[0]`,
    /since m\.js:3 hands it on/,
  ],
}

const OTHERS: Files = {
  'app.js': `import './m.js'`,
  'add.js': ADD,
  'caller.js': `import * as m from './m.js'\nexport const caller = () => { const own = m.all?.(); own.n += 1; return own.n }`,
}

for (const [how, [text, said]] of Object.entries(WRITTEN))
  test(`refused: what a call has made is written into by ${how}`, async t => {
    const files = { ...OTHERS, 'make.js': MAKE, 'm.js': `import { make, rooms } from './make.js'\n${text}` }
    const program = await startHotProgram(t, files)
    const hit = () => program.run(`return (await load('./m.js')).hit()`)
    assert.equal(await hit(), 1)
    const changed = { 'm.js': files['m.js'].replace(/= (make|rooms)\(\)/, '= $1(1)') }
    const { reasons, message } = await program.refusal(changed)
    assert.match(message, said)
    assert.deepEqual(
      reasons?.map(({ allow }) => allow),
      ['m.js:state'],
    )
    assert.equal(await hit(), 2)
    await program.upgrade(changed, { allow: ['m.js:state'] })
  })

const LOOKING = `
import { looks } from './look.js'
const table = make()
const list = rooms(table)
export const all = () => table
export const hit = () => [looks(table), all().n, [...Object.keys(table)].length, show(table), { size: list.size, has: Object.prototype.hasOwnProperty.call(table, 'n') }]
function show({ inner }) { return JSON.stringify(inner) }
export const more = () => all().inner.n
`

test('what a call has made is made anew where the application only looks at it', async t => {
  const files = {
    'app.js': `import './m.js'`,
    'make.js': MAKE,
    'look.js': `import { all } from './m.js'\nexport const looks = ({ n, inner }) => [n, inner.n, all().inner.n, named(inner)]\nconst named = own => Object.keys(own).join()`,
    'm.js': `import { make, rooms } from './make.js'${LOOKING}`,
  }
  const program = await startHotProgram(t, files)
  const hit = () => program.run(`return (await load('./m.js')).hit()`)
  const before = await hit()
  const { modules } = await program.upgrade({ 'm.js': files['m.js'].replace('= make()', '= make(1)') })
  assert.deepEqual(modules[0]?.evaluated, ['table', 'list'])
  assert.deepEqual(await hit(), before)
})

/** The ways of CommonJS, each by the text of `m.js`. */
const COMMONJS: Record<string, [text: string, said: RegExp]> = {
  'a function that is taken': [
    `const { add } = require('./add.js')\nconst state = make()\nexports.hit = () => add(state)`,
    /since add\.js:1 writes into it/,
  ],
  'a function of a module': [
    `const all = require('./add.js')\nconst state = make()\nexports.hit = () => all.add(state)`,
    /since add\.js:1 writes into it/,
  ],
  'those who call an export': [
    `const state = make()\nexports.all = () => state\nexports.hit = () => require('./caller.js').caller()`,
    /since caller\.js:2 writes into it/,
  ],
}

for (const [how, [text, said]] of Object.entries(COMMONJS))
  test(`refused in CommonJS: what a call has made is written into by ${how}`, async t => {
    const files = {
      'app.js': `require('./m.js')`,
      'add.js': `const add = own => (own.n += 1)\nmodule.exports = { add }`,
      'caller.js': `const m = require('./m.js')\nexports.caller = () => (m.all().n += 1)`,
      'm.js': `const make = () => ({ n: 0 })\n${text}`,
    }
    const program = await startHotProgram(t, files, { type: 'commonjs' })
    const hit = () => program.run(`return require('./m.js').hit()`)
    assert.equal(await hit(), 1)
    const error = await program.refusal({ 'm.js': files['m.js'].replace('= make()', '= make(1)') })
    assert.match(error.message, /`state` holds live state/)
    assert.match(error.message, said)
    assert.equal(await hit(), 2)
  })
