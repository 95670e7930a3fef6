import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const KIT = {
  'node_modules/kit/package.json': JSON.stringify({ name: 'kit', version: '1.0.0', main: 'index.js' }),
  'node_modules/kit/index.js': `
exports.limited = ({ most }) => { let count = 0; return () => (count += 1) <= most }
exports.wrap = fn => (...given) => fn(...given)
exports.lazy = fn => { let known; return () => (known ??= fn()) }
exports.model = name => class { get name() { return name } }
`,
}

const PARTS = {
  'app.js': `import './m.js'`,
  'limit.js': 'export const limit = 2',
}
const CHANGED = { 'limit.js': 'export const limit = 1' }

const KEEPING: Record<string, [text: string, said: RegExp, allow?: string[]]> = {
  'that functions call': [
    `const made = kit.limited({ most: limit })\nexport const hit = () => made()`,
    /`made` holds live state, since m\.js:4 calls it, and what a function that a package has made keeps/,
  ],
  'that functions hand on': [
    `const made = kit.limited({ most: limit })\nexport const hit = () => Reflect.apply(made, null, [])`,
    /`made` holds live state, since m\.js:4 hands it on, and what a function that a package has made keeps/,
  ],
  'that another one of a package calls': [
    `const made = kit.wrap(kit.limited({ most: limit }))\nexport const hit = () => made()`,
    /`made` holds live state, since m\.js:4 calls it/,
  ],
  'that was made by way of a function': [
    `const make = most => kit.limited({ most })\nconst made = make(limit)\nexport const hit = () => made()`,
    /`made` holds live state, since m\.js:5 calls it/,
  ],
  'that a function was given which is kept': [
    `const made = kit.limited({ most: limit })\nconst all = new Map([['made', (call => () => call())(made)]])\nexport const hit = () => all.get('made')()`,
    /`made` holds live state/,
    ['m.js:all', 'm.js:made'],
  ],
}

for (const [how, [text, said, allow = ['m.js:made']]] of Object.entries(KEEPING))
  test(`refused: what a function of a package keeps would start anew: one ${how}`, async t => {
    const m = `import { limit } from './limit.js'\nimport kit from 'kit'\n${text}`
    const program = await startHotProgram(t, { ...KIT, ...PARTS, 'm.js': m })
    const hit = () => program.run(`return (await load('./m.js')).hit()`)
    assert.equal(await hit(), true)
    assert.equal(await hit(), true)
    const { message, reasons } = await program.refusal(CHANGED)
    assert.match(message, said)
    assert.deepEqual(reasons?.map(reason => reason.allow).sort(), allow)
    assert.equal(await hit(), false)
    await program.upgrade(CHANGED, { allow })
    assert.equal(await hit(), true)
  })

test('refused: what a package was asked for at the start may be what it knows by now', async t => {
  const m = `import { limit } from './limit.js'\nimport kit from 'kit'\nconst made = kit.lazy(() => limit)\nexport const value = made()`
  const program = await startHotProgram(t, { ...KIT, ...PARTS, 'm.js': m })
  const { message } = await program.refusal(CHANGED)
  assert.match(
    message,
    /m\.js:4: `value` .* m\.js:4 asks a package, which may know it already, by way of `made`/,
  )
  assert.equal(await program.run(`return (await load('./m.js')).value`), 2)
})

const FOLLOWING = `import { promisify } from 'node:util'
import { limit } from './limit.js'
import kit from 'kit'
const made = kit.wrap(given => given + limit)
const later = promisify((given, done) => done(null, given + limit))
const other = promisify(((own, given, done) => done(null, given + own)).bind(null, limit))
export const hit = async () => [made(1), await later(2), await other(3)]
`

test('what a package has made of a function runs what that is now; what Node.js makes keeps nothing', async t => {
  const program = await startHotProgram(t, { ...KIT, ...PARTS, 'm.js': FOLLOWING })
  const hit = () => program.run(`return (await load('./m.js')).hit()`)
  assert.deepEqual(await hit(), [3, 4, 5])
  const { modules } = await program.upgrade(CHANGED)
  assert.deepEqual(modules.find(({ module }) => module === 'm.js')?.evaluated, ['other'])
  assert.deepEqual(await hit(), [2, 3, 4])
  await program.upgrade({
    'm.js': FOLLOWING.replace('given + limit)\nconst later', 'given - limit)\nconst later'),
  })
  assert.deepEqual(await hit(), [0, 3, 4])
})

const TOLD_BY_BEING: Record<string, [text: string, said: RegExp]> = {
  'a class that a function makes': [
    `const make = limit => class { get limit() { return limit } }\nconst made = make(limit)\nexport const one = new made()\nexport const hit = () => one instanceof made`,
    /`made` would be another class/,
  ],
  'a class that a package makes': [
    `const made = kit.model('of ' + limit)\nexport const one = new made()\nexport const hit = () => one instanceof made`,
    /`made` would be another class/,
  ],
  'a symbol': [
    `const made = Symbol('of ' + limit)\nconst one = {}\nexport const hit = () => (one[made] ??= true)`,
    /`made` would be another symbol/,
  ],
}

for (const [what, [text, said]] of Object.entries(TOLD_BY_BEING))
  test(`refused: ${what} would be another one than what was made with it knows`, async t => {
    const m = `import { limit } from './limit.js'\nimport kit from 'kit'\n${text}`
    const program = await startHotProgram(t, { ...KIT, ...PARTS, 'm.js': m })
    const hit = () => program.run(`return (await load('./m.js')).hit()`)
    assert.equal(await hit(), true)
    const { message } = await program.refusal(CHANGED)
    assert.match(message, said)
    assert.equal(await hit(), true)
  })
