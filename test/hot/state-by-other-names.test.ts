import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

/** Functions that reach the state of `before` by another name, and what is said of them. */
const REACHED: Record<string, [before: string, after: string, uses: string, said: RegExp]> = {
  'a local variable': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    'export function hit() { const own = state; own.n += 1; return own.n }',
    /`state` holds live state, since app\.js:2 writes into it/,
  ],
  'a local variable that is set later': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    'export function hit() { let own; own = globalThis.none ?? state; own.n += 1; return own.n }',
    /since app\.js:2 writes into it/,
  ],
  'what is taken apart': [
    'const state = { rooms: new Set() }',
    'const state = { rooms: new Set(), more: 1 }',
    'export function hit() { const { rooms = null } = state; rooms.add(rooms.size); return rooms.size }',
    /since app\.js:2 calls its rooms\.add\(\)/,
  ],
  'a parameter': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    'const add = ({ n }, own) => (own.n += 1 + 0 * n)\nexport const hit = () => add(state, state)',
    /since app\.js:2 writes into it/,
  ],
  'each element': [
    'const rooms = [{ n: 0 }]',
    'const rooms = [{ n: 0 }, { n: 0 }]',
    'export function hit() { for (const room of rooms) room.n += 1; return rooms[0].n }',
    /`rooms` holds live state, since app\.js:2 writes into it/,
  ],
  'the parameter of a callback': [
    'const rooms = new Map([[1, { n: 0 }]])',
    'const rooms = new Map([[1, { n: 0 }], [2, { n: 0 }]])',
    'export function hit() { rooms.forEach(room => { room.n += 1 }); return rooms.get(1).n }',
    /since app\.js:2 writes into it/,
  ],
  'what a method gives': [
    'const rooms = new Map([[1, []]])',
    'const rooms = new Map([[1, []], [2, []]])',
    'export function hit() { return rooms.get(1).push(1) }',
    /since app\.js:2 calls its push\(\)/,
  ],
  'elements that a function of the language gives': [
    'const state = { a: { n: 0 } }',
    'const state = { a: { n: 0 }, b: { n: 0 } }',
    'export function hit() { for (const each of Object.values(state)) each.n += 1; return state.a.n }',
    /since app\.js:2 writes into it/,
  ],
  'a copy of a list': [
    'const rooms = [{ n: 0 }]',
    'const rooms = [{ n: 0 }, { n: 0 }]',
    'export function hit() { const [first] = [...rooms]; first.n += 1; return rooms[0].n }',
    /since app\.js:2 hands it on, and it is not as it was declared any more/,
  ],
  'a bound function': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    'const add = function () { this.n += 1; return this.n }.bind(state)\nexport const hit = () => add()',
    /since app\.js:2 writes into it/,
  ],
  'a function of which nothing is known': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    "const add = new Function('own', 'own.n += 1; return own.n').bind(null, state)\nexport const hit = () => add()",
    /since app\.js:2 hands it on, and it is not as it was declared any more/,
  ],
  'code that is made of text': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    "export const hit = () => eval('state.n += 1')",
    /since app\.js:1 declares something else than it holds by now/,
  ],
  'somebody of whom nothing is known': [
    'const state = { n: 0 }',
    'const state = { n: 0, more: 1 }',
    'globalThis.count = own => (own.n += 1)\nexport const hit = () => globalThis.count(state)',
    /since app\.js:3 hands it on, and it is not as it was declared any more/,
  ],
}

for (const [name, [before, after, uses, said]] of Object.entries(REACHED)) {
  test(`refused: state that is reached by ${name}`, async t => {
    const program = await startHotProgram(t, { 'app.js': `${before}\n${uses}` })
    const hit = () => program.run(`return (await load('./app.js')).hit()`)
    assert.equal(await hit(), 1)
    const error = await program.refusal({ 'app.js': `${after}\n${uses}` })
    assert.match(error.message, said)
    assert.equal(await hit(), 2)
  })
}

/** What looks into something, and keeps nothing there. */
const LOOKED_AT = `
export const see = () => {
  const { first, ...others } = table
  const names = Object.keys(table).map(name => name.toUpperCase())
  for (const [name, { size }] of Object.entries(table)) names.push(name + size)
  return JSON.stringify([first.name.toUpperCase(), others, names, show(table), globalThis.look?.(table)])
}
const show = shown => shown.first.list.join('+') + shown.first.list.map(each => each.trim())
`

test('who only looks at something, under whatever name, keeps nothing in it', async t => {
  const table = (name: string) => `const table = { first: { name: '${name}', size: 1, list: ['a', 'b'] } }\n`
  const program = await startHotProgram(t, { 'app.js': table('one') + LOOKED_AT })
  const see = async () => (await program.run<string>(`return (await load('./app.js')).see()`)).slice(0, 6)
  assert.equal(await see(), '["ONE"')
  const { modules } = await program.upgrade({ 'app.js': table('two') + LOOKED_AT })
  assert.deepEqual(modules[0]?.evaluated, ['table'])
  assert.equal(await see(), '["TWO"')
})
