import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

test('live state is handed over by data, as the guide shows it', async t => {
  const clock = (start: string, pace: number) => `
let ticks = ${start}
const timer = setInterval(() => (ticks += 1), ${pace})
import.meta.hot?.accept()
import.meta.hot?.dispose(data => {
  clearInterval(timer)
  data.ticks = ticks
})
export const set = value => { ticks = value }
export const look = () => [ticks, process.getActiveResourcesInfo().filter(type => type === 'Timeout').length]`
  const first = 'import.meta.hot?.data.ticks ?? 0'
  const program = await startHotProgram(t, { 'app.js': `import './clock.js'`, 'clock.js': clock(first, 1e6) })
  await program.run(`(await load('./clock.js')).set(7)`)
  const look = () => program.run(`return (await load('./clock.js')).look()`)
  await program.upgrade({ 'clock.js': clock(first, 2e6) })
  assert.deepEqual(await look(), [7, 1])
  // What functions write to begins anew, and takes what was handed over.
  await program.upgrade({ 'clock.js': clock(`1000 + (${first})`, 2e6) })
  assert.deepEqual(await look(), [1007, 1])
})

test('a statement that does something beside saying how it is replaced runs anew with it', async t => {
  const files: Files = {
    'setting.js': `export const setting = 1`,
    'app.js': `
import { setting } from './setting.js'
export const log = []
let a, b
start(setting)
function start(value) { a = value; log.push('begin a' + value) }
if (import.meta.hot) {
  b = setting
  log.push('begin b')
  import.meta.hot.accept()
  import.meta.hot.dispose(() => log.push('end a' + a + ' b' + b))
}`,
  }
  const program = await startHotProgram(t, files)
  for (const setting of [2, 3]) await program.upgrade({ 'setting.js': `export const setting = ${setting}` })
  assert.deepEqual(await program.run(`return (await load('./app.js')).log`), [
    'begin a1',
    'begin b',
    'end a1 b1',
    'begin a2',
    'begin b',
    'end a2 b2',
    'begin a3',
    'begin b',
  ])
})

test('modules that wait at their top', async t => {
  const app = (setting: string) => `
const before = await Promise.resolve('before')
export const log = []
const running = begin(${setting})
function begin(value) { log.push('begin ' + value); return value }
await null
import.meta.hot?.accept()
import.meta.hot?.dispose(() => log.push('end ' + running))
export const all = () => [before, ...log]`
  const program = await startHotProgram(t, { 'app.js': app('1') })
  for (const setting of ['2', '3']) await program.upgrade({ 'app.js': app(setting) })
  assert.deepEqual(await program.run(`return (await load('./app.js')).all()`), [
    'before',
    'begin 1',
    'end 1',
    'begin 2',
    'end 2',
    'begin 3',
  ])
})

test('closures of statements that have begun again are followed by the next upgrade', async t => {
  const app = (says: string) => `
import { on } from './bus.js'
import { setting } from './setting.js'
const off = on(() => ['${says}', setting])
import.meta.hot?.accept()
import.meta.hot?.dispose(() => off())`
  const program = await startHotProgram(
    t,
    {
      'app.js': app('first'),
      'late.js': '',
      'main.js': `import './app.js'\nimport './late.js'`,
      'bus.js': `const listeners = new Set()
export const on = listener => { listeners.add(listener); return () => listeners.delete(listener) }
export const ask = () => [...listeners].map(listener => listener())`,
      'setting.js': `export const setting = 1`,
    },
    { entry: 'main.js' },
  )
  const ask = () => program.run(`return (await load('./bus.js')).ask()`)
  const failed = await program.refusal({
    'app.js': app('other')
      .replace('off = on(', 'off = on(/* anew */ void 0 ?? (')
      .replace('setting])', 'setting]))'),
    'late.js': `throw new Error('not today')`,
  })
  assert.match(failed.message, /not today.*; all is as before/)
  assert.deepEqual(await ask(), [['first', 1]])
  await program.upgrade({ 'app.js': app('second') })
  assert.deepEqual(await ask(), [['second', 1]])
  await program.upgrade({ 'app.js': app('third').replace('setting]', 'setting, 3]') })
  assert.deepEqual(await ask(), [['third', 1, 3]])
})

test('a new module that has begun something is told to end it when the upgrade is undone', async t => {
  const program = await startHotProgram(t, {
    'app.js': `export const log = globalThis.log = []\nexport const value = 1`,
  })
  const files = (late: string): Files => ({
    'app.js': `import './new.js'\n${late}\nexport const log = globalThis.log = []\nexport const value = 1`,
    'new.js': `globalThis.log.push('begin')\nimport.meta.hot?.dispose(() => globalThis.log.push('end'))`,
    'late.js': `throw new Error('not today')`,
  })
  const failed = await program.refusal(files(`import './late.js'`))
  assert.match(failed.message, /not today/)
  assert.deepEqual(await program.run(`return globalThis.log`), ['begin', 'end'])
})

test('what a function begins and another one ends runs anew with it; what only says so does not', async t => {
  const program = await startHotProgram(t, {
    'setting.js': `export const setting = 1`,
    'app.js': `
import { setting } from './setting.js'
export const log = []
let timer
const note = text => log.push(text)
function start() { timer = setInterval(() => {}, 1e6, setting); note('begin ' + setting) }
function stop() { clearInterval(timer); note('end') }
note('hello')
process.on('exit', stop)
start()
const other = make()
function make() { note('other'); return { timer: setInterval(() => {}, 1e6) } }
export const stopOther = () => clearInterval(other.timer)
export const exits = () => process.listeners('exit').filter(each => each.name === 'stop').length
import.meta.hot?.accept()
import.meta.hot?.dispose(stop)`,
  })
  for (const setting of [2, 3]) await program.upgrade({ 'setting.js': `export const setting = ${setting}` })
  const seen = await program.run(
    `const { log, exits } = await load('./app.js')
     return [log, exits(), process.getActiveResourcesInfo().filter(type => type === 'Timeout').length]`,
  )
  assert.deepEqual(seen, [['hello', 'begin 1', 'other', 'end', 'begin 2', 'end', 'begin 3'], 1, 2])
})
