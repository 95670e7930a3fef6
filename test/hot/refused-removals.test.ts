import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'

const APP = { 'app.js': `import './m.js'\nimport './bus.js'` }
const BUS = {
  'bus.js': `
    import { EventEmitter } from 'node:events'
    export const bus = new EventEmitter()
    export const listen = handler => { bus.on('tick', handler); return () => bus.off('tick', handler) }
    export const heard = []`,
}
const LOOK = `
  const [m, { bus, heard }] = [await load('./m.js'), await load('./bus.js')]
  return [m.f(), bus.listenerCount('tick'), heard, globalThis.trace ?? null]`

const UPGRADE_OR_DISPOSE = /upgrade\(\).*import\.meta\.hot\.dispose/

interface Removed {
  code: string
  reasons: Omit<ExpectedReason, 'at'>[]
  /** What a callback of `dispose` has to use to end it; none where that cannot be told. */
  ended?: string
}

/** What stands in `m.js` before, between its imports and its `f`, and not after. */
const removed: Record<string, Removed> = {
  'a statement with an effect': {
    code: `globalThis.trace = 1`,
    reasons: [
      { says: /^this statement had an effect and is gone/, remedy: UPGRADE_OR_DISPOSE, allow: 'm.js:3' },
    ],
  },
  'a listener of the process': {
    code: `process.on('warning', () => heard.push('warning'))`,
    ended: 'heard',
    reasons: [{ says: /^this statement had an effect and is gone/, allow: 'm.js:3' }],
  },
  'a listener on what another module has made': {
    code: `bus.on('tick', () => heard.push('tick'))`,
    ended: 'bus',
    reasons: [{ says: /^this statement had an effect and is gone/, allow: 'm.js:3' }],
  },
  'a variable that holds a timer': {
    code: `const timer = setInterval(() => heard.push('tick'), 60_000)`,
    ended: 'timer',
    reasons: [
      { says: /^`timer` has opened a timer and is gone/, remedy: UPGRADE_OR_DISPOSE, allow: 'm.js:timer' },
    ],
  },
  'a variable set by what subscribes': {
    code: `const off = listen(() => heard.push('tick'))`,
    ended: 'off',
    reasons: [
      { says: /^`off` is gone, and what it did is not: bus.js:4 calls `bus.on\(\)`/, allow: 'm.js:off' },
    ],
  },
  'a variable set by a method that subscribes': {
    code: `const on = bus.on('tick', () => heard.push('tick'))`,
    ended: 'on',
    reasons: [{ says: /^`on` is gone, and what it did is not: m.js:3 calls `bus.on\(\)`/, allow: 'm.js:on' }],
  },
  'a variable whose initialiser assigns something else': {
    code: `const x = (globalThis.trace = 5)`,
    reasons: [
      { says: /^`x` is gone, and what it did is not: m.js:3 writes into `globalThis`/, allow: 'm.js:x' },
    ],
  },
  'a variable set by a package that was given a function': {
    code: `const wrapped = promisify(() => heard.push('late'))`,
    ended: 'wrapped',
    reasons: [
      { says: /^`wrapped` is gone, .* gives something of its own to `promisify`/, allow: 'm.js:wrapped' },
    ],
  },
  'a class that does something where it stands': {
    code: `class Registered { static { bus.on('tick', () => heard.push('static')) } }`,
    reasons: [{ says: /^`Registered` is gone, .* calls `bus.on\(\)`/, allow: 'm.js:Registered' }],
  },
}

const text = (code: string, version: number) => `
import { bus, heard, listen } from './bus.js'; import { promisify } from 'node:util'
${code}
export const f = () => ${version}`

for (const [name, { code, reasons, ended }] of Object.entries(removed)) {
  test(`refused when it is gone: ${name}`, async t => {
    const program = await assertRefused(t, {
      files: { ...APP, ...BUS, 'm.js': text(code, 1) },
      changes: { 'm.js': text('', 2) },
      look: LOOK,
      reasons: reasons.map(reason => ({ at: 'm.js:3', ...reason })),
    })
    const [first] = reasons
    // What is offered for it works: what was begun goes on, and the rest is upgraded.
    const before = await program.run<unknown[]>(LOOK)
    await program.upgrade({ 'm.js': text('', 2) }, { allow: [first?.allow ?? ''] })
    assert.deepEqual(await program.run(LOOK), [2, ...before.slice(1)])
  })

  if (ended === undefined) continue
  test(`accepted when it is gone, where \`dispose\` ends it: ${name}`, async t => {
    const dispose = `import.meta.hot.dispose(() => { globalThis.told = [${ended}].length })`
    const program = await startHotProgram(t, { ...APP, ...BUS, 'm.js': `${text(code, 1)}\n${dispose}` })
    await program.upgrade({ 'm.js': text('', 2) })
    assert.deepEqual(await program.run(`return [(await load('./m.js')).f(), globalThis.told]`), [2, 1])
  })
}

const forgotten: Record<string, string> = {
  'a table': `const table = { a: 1, b: [2, 3], c: new Map([[1, 2]]) }`,
  'a class': `class Point { x = 1; static origin = 0; norm() { return this.x } }`,
  'a function': `function helper() { return bus }`,
  'what the language can make': `const when = new Date(0), pattern = /x/, max = Math.max(1, 2), id = Symbol('id')`,
  'what a package makes of data': `const join = promisify.name.length, list = heard.slice()`,
}

for (const [name, code] of Object.entries(forgotten))
  test(`accepted when it is gone, since nothing of it stays: ${name}`, async t => {
    const program = await startHotProgram(t, { ...APP, ...BUS, 'm.js': text(code, 1) })
    const { modules } = await program.upgrade({ 'm.js': text('', 2) })
    assert.deepEqual(modules, [
      { module: 'm.js', change: 'changed', replaced: ['f'], kept: [], evaluated: [] },
    ])
  })

test('refused: a variable with live state is gone, or has another name', async t => {
  const rooms = (name: string) =>
    `const ${name} = new Map()\nexport const join = who => { ${name}.set(who, 1) }\nexport const f = () => [...${name}.keys()]`
  await assertRefused(t, {
    files: { ...APP, ...BUS, 'm.js': rooms('rooms') },
    changes: { 'm.js': rooms('halls') },
    first: `(await load('./m.js')).join('ann')`,
    look: LOOK,
    reasons: [
      {
        at: 'm.js:1',
        says: /^`rooms` holds live state, since m.js:2 calls its set\(\), and is gone$/,
        remedy: /Leave it under its name/,
        allow: 'm.js:rooms',
      },
    ],
  })
})
