import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HotReason } from '../../src/rpc/hot-contracts.ts'
import { type Files, startHotProgram } from '../support/hot-program.ts'

const BUS: Files = {
  'bus.js': `import { EventEmitter } from 'node:events'\nexport const bus = new EventEmitter()\nexport const count = () => bus.listenerCount('x')`,
  'setting.js': `export const setting = 1`,
}

const listening = (text: string): Files => ({
  ...BUS,
  'app.js': `import { bus } from './bus.js'\nimport { setting } from './setting.js'\nexport const heard = []\nconst hear = value => heard.push(value)\n${text}`,
})

const OTHER = { 'setting.js': `export const setting = 2` }

const short = (reasons: HotReason[] | undefined) =>
  reasons?.map(({ module, line, message }) => `${module}:${line} ${message}`)

test('a listener on an object of another module: not given twice, and not left behind', async t => {
  const files = listening(`bus.on('x', value => hear(value + setting), setting)`)
  const program = await startHotProgram(t, files)
  const changed = await program.refusal(OTHER)
  assert.deepEqual(short(changed.reasons), [
    'app.js:5 this statement has an effect that cannot be repeated: it reads setting (setting.js:1)',
  ])
  const removed = await program.refusal({ 'app.js': String(files['app.js']).replace(/^bus\.on.*$/m, '') })
  assert.deepEqual(short(removed.reasons), ['app.js:5 this statement had an effect and is gone'])
  assert.equal(await program.run(`return (await load('./bus.js')).count()`), 1)
})

test('the same in CommonJS, where the other module is held by a variable', async t => {
  const app = `const bus = require('./bus')\nconst { on } = require('./bus')\nbus.on('x', () => {})\nbus.on('y', () => {})`
  const program = await startHotProgram(
    t,
    {
      'app.js': app,
      'bus.js': `const { EventEmitter } = require('events')\nmodule.exports = new EventEmitter()\nmodule.exports.counts = () => ['x', 'y'].map(name => module.exports.listenerCount(name))`,
    },
    { type: 'commonjs' },
  )
  const removed = await program.refusal({ 'app.js': app.replace(/^bus\.on\('x'.*$/m, '') })
  assert.deepEqual(short(removed.reasons), ['app.js:3 this statement had an effect and is gone'])
  assert.deepEqual(await program.run(`return require('./bus.js').counts()`), [1, 1])
})

test('an object that is only taken from another one is not made anew', async t => {
  const app = `import { shared } from './shared.js'\nconst bus = shared.bus\nbus.on('x', () => {})\nbus.on('y', () => {})`
  const program = await startHotProgram(t, {
    'app.js': app,
    'shared.js': `import { EventEmitter } from 'node:events'\nexport const shared = { bus: new EventEmitter() }`,
  })
  const removed = await program.refusal({ 'app.js': app.replace(/^bus\.on\('x'.*$/m, '') })
  assert.deepEqual(short(removed.reasons), ['app.js:3 this statement had an effect and is gone'])
})

test('an object that is the same when it is asked for anew is not built up twice', async t => {
  const app = `import { getBus, nothing } from './shared.js'\nconst bus = getBus()\nbus.on('x', nothing)\nbus.on('y', () => {})`
  const program = await startHotProgram(t, {
    'app.js': app,
    'shared.js': `import { EventEmitter } from 'node:events'\nconst bus = new EventEmitter()\nexport const getBus = () => bus\nexport const nothing = () => {}\nexport const count = () => bus.listenerCount('y')`,
  })
  const failed = await program.refusal({ 'app.js': app.replace(/^bus\.on\('x'.*$/m, '') })
  assert.equal(failed.code, 'hot_upgrade_failed')
  assert.match(
    failed.message,
    /app\.js:4: this would be done once more to the object that `bus` has held before/,
  )
  assert.equal(await program.run(`return (await load('./shared.js')).count()`), 1)
})

test('a declaration that is gone leaves nothing open', async t => {
  const app = `const timer = setInterval(() => {}, 1e6)\nexport const stop = () => clearInterval(timer)\nexport const other = 1`
  const gone = `export const stop = () => {}\nexport const other = 1`
  const program = await startHotProgram(t, { 'app.js': app })
  const { reasons } = await program.refusal({ 'app.js': gone })
  assert.deepEqual(short(reasons), ['app.js:1 `timer` has opened a timer and is gone'])
  await program.run(`(await load('./app.js')).stop()`)
  await program.upgrade({ 'app.js': gone })
})

test('dispose may end what is gone, and no other statement', async t => {
  const app = (more: string) => `import { begin, end } from './log.js'
const a = begin('a')
${more}
import.meta.hot?.dispose(() => { end(a); end('b') })
import.meta.hot?.accept()`
  const program = await startHotProgram(t, {
    'app.js': app(`const b = begin('b')`),
    'log.js': `export const running = new Map()
export const begin = name => { running.set(name, setInterval(() => {}, 1e6)); return name }
export const end = name => { clearInterval(running.get(name)); running.delete(name) }`,
  })
  // It reads no \`b\`: that is ended by name.
  const { reasons } = await program.refusal({ 'app.js': app('') })
  assert.deepEqual(short(reasons), ['app.js:3 `b` has opened a timer and is gone'])
  const failed = await program.refusal({
    'app.js': app(`const b = begin('b')`).replace(`begin('a')`, `begin('c')`),
  })
  assert.equal(failed.code, 'hot_upgrade_failed')
  assert.match(
    failed.message,
    /app\.js:3: `import\.meta\.hot\.dispose` has ended a timer, which this statement does not open again, as it does not run anew; all is as before/,
  )
  assert.deepEqual(await program.run(`return [...(await load('./log.js')).running.keys()].sort()`), [
    'a',
    'b',
  ])
})

test('what dispose was to end and has not is named in the result', async t => {
  const app = (name: string) => `import { setting } from './setting.js'
const ${name} = setInterval(() => {}, 1e6, setting)
import.meta.hot?.dispose(() => { void ${name} })
import.meta.hot?.accept()`
  const program = await startHotProgram(t, { ...BUS, 'app.js': app('timer') })
  const { notes } = await program.upgrade(OTHER)
  assert.deepEqual(notes, [
    'app.js: `import.meta.hot.dispose` ends what line 2 of the old text began',
    'app.js:2: it has left a timer open, which `dispose` has not ended',
  ])
})

test('a callback of dispose that nobody knows who gave is a reason', async t => {
  const program = await startHotProgram(t, {
    ...BUS,
    'app.js': `import { setting } from './setting.js'
const timer = setInterval(() => {}, 1e6, setting)
import.meta.hot.accept()
export const late = () => import.meta.hot.dispose(() => clearInterval(timer))`,
  })
  await program.run(`(await load('./app.js')).late()`)
  const { reasons } = await program.refusal(OTHER)
  assert.match(
    String(short(reasons)),
    /app\.js:null a callback of `import\.meta\.hot\.dispose` would be called that no statement of the module has given/,
  )
})

test('dispose given in a function that goes on after an await belongs to the statement that called it', async t => {
  const program = await startHotProgram(t, {
    ...BUS,
    'app.js': `import { setting } from './setting.js'
export const running = new Set()
main(setting)
async function main(value) { await null; running.add(value); import.meta.hot?.accept(); import.meta.hot?.dispose(() => running.delete(value)) }`,
  })
  for (const value of [2, 3]) {
    await program.upgrade({ 'setting.js': `export const setting = ${value}` })
    assert.deepEqual(await program.run(`await null; return [...(await load('./app.js')).running]`), [value])
  }
})

test('a promise that dispose gives is waited for, and undoes the upgrade when it rejects', async t => {
  const program = await startHotProgram(t, {
    ...BUS,
    'app.js': `import { setting } from './setting.js'
export const log = []
const thing = make(setting)
function make(value) { log.push('begin ' + value); return value }
import.meta.hot?.accept()
import.meta.hot?.dispose(async () => {
  const ended = thing
  await new Promise(resolve => setImmediate(resolve))
  if (ended === 2) throw new Error('not today')
  log.push('end ' + ended)
})`,
  })
  const look = () => program.run(`return (await load('./app.js')).log`)
  await program.upgrade(OTHER)
  assert.deepEqual(await look(), ['begin 1', 'begin 2', 'end 1'])
  const failed = await program.refusal({ 'setting.js': `export const setting = 3` })
  assert.match(failed.message, /app\.js: `import\.meta\.hot\.dispose` failed: not today; all is as before/)
  assert.deepEqual(((await look()) as string[]).slice(3), ['begin 3', 'begin 2', 'end 3'])
})

test('a module that is gone is disposed of, and begins again when that is undone', async t => {
  const files: Files = {
    'app.js': `import './ticker.js'\nimport './late.js'\nexport {}`,
    'late.js': '',
    'log.js': `export const log = []`,
    'ticker.js': `import { log } from './log.js'
const ticker = begin()
function begin() { log.push('begin'); return setInterval(() => {}, 1e6) }
import.meta.hot?.dispose(() => { log.push('end'); clearInterval(ticker) })`,
    'keeps.js': `import './log.js'`,
  }
  const program = await startHotProgram(t, { ...files, 'app.js': `${files['app.js']}\nimport './log.js'` })
  const without = { 'app.js': `import './late.js'\nexport {}\nimport './log.js'`, 'ticker.js': null }
  const failed = await program.refusal({ ...without, 'late.js': `throw new Error('not today')` })
  assert.match(failed.message, /not today; all is as before/)
  const look = () => program.run(`return (await load('./log.js')).log`)
  assert.deepEqual(await look(), ['begin', 'end', 'begin'])
  const { notes } = await program.upgrade(without)
  assert.deepEqual(await look(), ['begin', 'end', 'begin', 'end'])
  assert.match(
    notes.join('\n'),
    /ticker\.js: `import\.meta\.hot\.dispose` ends what line 2 of the old text began; the module is gone/,
  )
})

test('a promise of dispose that does not come to its end in time is named', async t => {
  const program = await startHotProgram(t, {
    ...BUS,
    'app.js': `import { setting } from './setting.js'
const thing = make(setting)
function make(value) { return { value } }
import.meta.hot?.accept()
import.meta.hot?.dispose(() => new Promise(() => void thing))`,
  })
  const { notes } = await program.upgrade(OTHER, { suspendTimeout: 20 })
  assert.match(notes.join('\n'), /app\.js: `import\.meta\.hot\.dispose` has not come to its end yet/)
})
