import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const MAKE = `
export const make = () => ({ n: 0, size: 1, inner: { n: 0 } })
export const rooms = () => new Map()
export class Counter { n = 0; add() { this.n += 1; return this.n } }
`

const USED = `import { make, rooms, Counter } from './make.js'
function inc(own) { own.n += 1; return own.n }
function incThis() { this.n += 1; return this.n }
const partial = (call, ...given) => () => call(...given)
const visit = (own, make) => make(own)
const boxed = ({ own }) => () => (own.n += 1)
const tagged = (_, own) => () => (own.n += 1)
function closed() { return () => (this.n += 1) }
`

/** Each is given its state once, when the module is evaluated, and changes it later. What gives it away: `hit()`. */
const CHANGED: Record<string, [text: string, said: RegExp, allow?: string[]]> = {
  'bound as an argument': [
    `const state = make()\nconst add = inc.bind(null, state)\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:2 writes into it/,
  ],
  'bound as `this`': [
    `const state = make()\nconst add = incThis.bind(state)\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:3 writes into it/,
  ],
  'bound in part': [
    `const state = make()\nexport const hit = inc.bind(null, state.inner)`,
    /`state` holds live state, since m\.js:2 writes into it/,
  ],
  'a method bound to its instance': [
    `const state = new Counter()\nconst add = state.add.bind(state)\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:10 hands it on/,
  ],
  'a method of the language bound to what it belongs to': [
    `const state = rooms()\nconst add = state.set.bind(state)\nexport const hit = () => add(state.size, 1).size`,
    /`state` holds live state, since m\.js:10 hands it on/,
  ],
  'bound in a list': [
    `const state = make()\nconst list = [inc].map(each => each.bind(null, state))\nexport const hit = () => list[0]()`,
    /`state` holds live state, since m\.js:10 hands it on/,
    ['m.js:list', 'm.js:state'],
  ],
  'given to a timer that is over': [
    `const state = make()\nconst timer = setTimeout(inc, 0, state)\nexport const hit = () => timer && state.n`,
    /`state` holds live state, since m\.js:2 writes into it/,
    ['m.js:state', 'm.js:timer'],
  ],
  'given with others to one that hands them on': [
    `const state = make()\nconst add = partial(inc, state)\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:10 hands it on/,
  ],
  'given to one that is given, too': [
    `const state = make()\nconst add = visit(state, own => () => (own.n += 1))\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:5 hands it on/,
  ],
  'given inside of something else': [
    `const state = make()\nconst add = boxed({ own: state })\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:6 writes into it/,
  ],
  'given in a list': [
    `const state = make()\nconst add = ([own]) => () => (own.n += 1)\nconst hits = add([state])\nexport const hit = () => hits()`,
    /`state` holds live state, since m\.js:10 writes into it/,
  ],
  'given inside of something else that is handed on': [
    `const state = make()\nconst add = (given => boxed({ ...given, own: given.list[0] }))({ list: [state] })\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:6 writes into it/,
  ],
  'given to a tag': [
    `const state = make()\nconst add = tagged\`\${state}\`\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:10 hands it on/,
  ],
  'given as `this`': [
    `const state = make()\nconst add = closed.call(state)\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:8 writes into it/,
  ],
  'given by Reflect': [
    `const state = make()\nconst add = Reflect.apply(closed, state, [])\nexport const hit = () => add()`,
    /`state` holds live state, since m\.js:10 hands it on/,
  ],
}

for (const [how, [text, said, allow = ['m.js:state']]] of Object.entries(CHANGED))
  test(`refused: what a call has made is changed by what was given it at the start: ${how}`, async t => {
    const files = { 'app.js': `import './m.js'`, 'make.js': MAKE, 'm.js': USED + text }
    const program = await startHotProgram(t, files)
    await program.run(`await new Promise(done => setTimeout(done, 1))`)
    const hit = () => program.run<number>(`return (await load('./m.js')).hit()`)
    const first = await hit()
    const changed = { 'm.js': files['m.js'].replace(/= (make|rooms|new Counter)\(\)/, '= $1(2)') }
    const { message, reasons } = await program.refusal(changed)
    assert.match(message, said)
    assert.deepEqual(reasons?.map(reason => reason.allow).sort(), allow)
    assert.equal(await hit(), how.startsWith('given to a timer') ? first : first + 1)
    await program.upgrade(changed, { allow })
  })

const LOOKED_AT = `import { make } from './make.js'
const state = make(1)
const show = (own, more) => own.size + more
function size() { return this.size }
const bound = show.bind(null, state)
const boundThis = size.bind(state)
const shown = (own => more => own.size + more)(state)
const boxed = (({ own }) => () => own.size)({ own: state })
const copy = { ...state }
export const hit = () => [bound(1), boundThis(), shown(2), boxed(), copy.size, show.call(null, state, 3)]
`

test('what only looks at what it was given at the start is given another one', async t => {
  const files = {
    'app.js': `import './m.js'`,
    'make.js': `export const make = size => ({ size })`,
    'm.js': LOOKED_AT,
  }
  const program = await startHotProgram(t, files)
  const hit = () => program.run(`return (await load('./m.js')).hit()`)
  assert.deepEqual(await hit(), [2, 1, 3, 1, 1, 4])
  await program.upgrade({ 'm.js': LOOKED_AT.replace('make(1)', 'make(10)') })
  assert.deepEqual(await hit(), [11, 10, 12, 10, 10, 13])
  await program.upgrade({ 'm.js': LOOKED_AT.replace('make(1)', 'make(10)').replace('+ more', '- more') })
  assert.deepEqual(await hit(), [9, 10, 12, 10, 10, 7])
})

const BOXED = `import { make } from './make.js'
const config = make('first', { most: 3 })
const createApi = ({ config, name }) => {
  const own = { config }
  return { title: () => own.config.title, most: list => list.slice(0, config.limits.most).length, all: () => [config.title, name].join() }
}
const api = createApi({ config, name: 'api' })
export const hit = () => [api.title(), api.most([1, 2, 3, 4, 5]), api.all()]
`

test('what is given inside of something else, and only looked at there, is given another one', async t => {
  const files = {
    'app.js': `import './m.js'`,
    'make.js': `export const make = (title, limits) => ({ title, limits })`,
    'm.js': BOXED,
  }
  const program = await startHotProgram(t, files)
  const hit = () => program.run(`return (await load('./m.js')).hit()`)
  assert.deepEqual(await hit(), ['first', 3, 'first,api'])
  const { message } = await program.refusal({ 'm.js': BOXED.replace("'first'", "'second'") })
  assert.match(message, /`api` holds live state, since m\.js:8 calls its title\(\)/)
  assert.doesNotMatch(message, /`config`/)
  await program.upgrade({ 'm.js': BOXED.replace("'first'", "'second'") }, { allow: ['m.js:api'] })
  assert.deepEqual(await hit(), ['second', 3, 'second,api'])
})
