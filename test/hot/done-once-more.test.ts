import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const KEPT = `
export const all = []
export const add = each => all.push(each)
let last = 0
export const nextId = () => ++last
export const made = { count: 0 }
export const make = each => { made.count += 1; return each * 2 }
let one
export const single = each => (one ??= { each })
export const put = (list, each) => { list.push(each); return each }
export class Registry { list = []; add(each) { this.list.push(each); return each } get(each) { return this.list.indexOf(each) } }
export const registry = new Registry()
export const ids = (function* () { for (let id = 1; ; id += 1) yield id })()
export class Thing { static count = 0; constructor(each) { Thing.count += 1; this.each = each } }
export const counted = (() => { let n = 0; return each => { n += 1; return [n, each] } })()
class Lazy { get first() { return (this.own ??= 1) } }
export const lazy = new Lazy()
let loaded
export const load = each => Promise.resolve(each).then(given => { loaded = given; return given })
export const held = () => [all, last, made, one, registry, Thing.count, counted(0)[0] > 0, lazy, loaded]
`

/** What the declaration of `value` does while it is evaluated, that stays. */
const DOING: Record<string, [text: string, said: RegExp]> = {
  'adds to a list': [`kept.add({ limit })`, /kept\.js:3 changes `all`/],
  'takes a number': [`{ id: kept.nextId(), limit }`, /kept\.js:5 assigns `last`/],
  counts: [`kept.make(limit)`, /kept\.js:7 writes into `made`/],
  'keeps the only one there is': [`kept.single(limit)`, /kept\.js:9 assigns `one`/],
  'has a function change what it is given': [
    `kept.put(kept.all, limit)`,
    /m\.js:3 has a function change `all`/,
  ],
  'calls a method that changes its object': [`kept.registry.add(limit)`, /m\.js:3 changes `registry`/],
  'goes on in a generator': [`[kept.ids.next().value, limit]`, /m\.js:3 changes `ids`/],
  'makes one more of a class that counts': [`new kept.Thing(limit)`, /kept\.js:14 writes into `Thing`/],
  'counts in a function that was made before': [
    `kept.counted(limit)`,
    /kept\.js:15 changes `n`, which goes with a function/,
  ],
  'asks for what is worked out once': [`[kept.lazy.first, limit]`, /m\.js:3 changes `lazy`/],
  'sets something once it has waited': [`kept.load(limit)`, /kept\.js:19 assigns `loaded`/],
}

for (const [how, [text, said]] of Object.entries(DOING))
  test(`refused: a declaration ${how}, and would do so once more`, async t => {
    const files = {
      'app.js': `import './m.js'`,
      'limit.js': 'export const limit = 1',
      'kept.js': KEPT,
      'm.js': `import { limit } from './limit.js'\nimport * as kept from './kept.js'\nexport const value = ${text}\nexport const get = async () => (await value)?.limit`,
    }
    const program = await startHotProgram(t, files)
    const held = () => program.run(`return JSON.stringify((await load('./kept.js')).held())`)
    const before = await held()
    const changed = { 'limit.js': 'export const limit = 2' }
    const { message, reasons } = await program.refusal(changed)
    assert.match(message, said)
    assert.deepEqual(
      reasons?.map(({ allow }) => allow),
      ['m.js:value'],
    )
    assert.equal(await held(), before)
    // What functions do is theirs.
    const body = { 'm.js': files['m.js'].replace('?.limit', '?.id') }
    const { modules } = await program.upgrade(body)
    assert.deepEqual(modules[0]?.evaluated, [])
    await program.upgrade(changed, { allow: ['m.js:value'] })
  })

const ALL_ANEW = `
import { limit } from './limit.js'
import { registry, all } from './kept.js'
const list = [limit]
const add = each => list.push(each)
export const added = [add(1), add(2)]
const build = given => { const made = new Map(); for (const each of given) made.set(each, all.length + registry.get(each)); return made }
export const table = build(list)
export const hit = () => [added.join(), list.join(), [...table.keys()].join()].join(' ')
`

test('what is changed is made anew with what changes it, and what is made for it alone', async t => {
  const files = {
    'app.js': `import './m.js'`,
    'limit.js': 'export const limit = 1',
    'kept.js': KEPT,
    'm.js': ALL_ANEW,
  }
  const program = await startHotProgram(t, files)
  const hit = () => program.run(`return (await load('./m.js')).hit()`)
  assert.equal(await hit(), '2,3 1,1,2 1,2')
  const { message } = await program.refusal({ 'limit.js': 'export const limit = 5' })
  assert.match(message, /`list` holds live state/)
  await program.upgrade({ 'limit.js': 'export const limit = 5' }, { allow: ['m.js:list'] })
  assert.equal(await hit(), '2,3 5,1,2 5,1,2')
})
