import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, type HotProgram, startHotProgram } from '../support/hot-program.ts'
import { LOG } from './begun-and-ended.ts'

const TICKER = `
import { begin, end } from './log.js'
import { pace } from './pace.js'
let ticker = begin('ticker ' + pace)
export const current = () => ticker
import.meta.hot?.accept()
import.meta.hot?.dispose(data => { data.times = (data.times ?? 0) + 1; end(ticker) })
export const times = () => import.meta.hot.data.times`

/** Two modules that begin something, the one in the name of the other. */
const APP: Files = {
  'app.js': `import './clock.js'\nimport './late.js'`,
  'log.js': LOG,
  'pace.js': `export const pace = 'slow'`,
  'ticker.js': TICKER,
  'clock.js': `
import { current } from './ticker.js'
import { begin, end } from './log.js'
import { pace } from './pace.js'
const clock = begin('clock ' + pace)
export const shows = () => clock + ' of ' + current()
import.meta.hot?.accept()
import.meta.hot?.dispose(() => end(clock))`,
  'late.js': '',
}

interface Seen {
  running: string[]
  log: string[]
  shows: string
  times: number
}

const look = (program: HotProgram) =>
  program.run<Seen>(
    `const { log, running } = await load('./log.js')
     return { log, running: [...running], shows: (await load('./clock.js')).shows(), times: (await load('./ticker.js')).times() }`,
  )

const SLOW = { running: ['ticker slow', 'clock slow'], shows: 'clock slow of ticker slow' }

/** Ended in the order of who imports first, begun in the other. */
const THERE = ['end clock slow', 'end ticker slow', 'begin ticker fast', 'begin clock fast']
const BACK = ['end clock fast', 'end ticker fast', 'begin ticker slow', 'begin clock slow']

async function assertUndone(program: HotProgram, log: string[]): Promise<void> {
  const seen = await look(program)
  assert.deepEqual({ running: seen.running, shows: seen.shows }, SLOW)
  assert.deepEqual(seen.log.slice(2), log)
  // The old statements are followed as they were, and say what they did once each.
  const before = seen.log.length
  await program.upgrade({ 'pace.js': `export const pace = 'next'` })
  const next = await look(program)
  assert.deepEqual(next.running, ['ticker next', 'clock next'])
  assert.equal(next.shows, 'clock next of ticker next')
  assert.equal(next.log.length, before + 4)
}

const FAST = { 'pace.js': `export const pace = 'fast'` }

test('a later statement that throws: what was ended begins again', async t => {
  const program = await startHotProgram(t, APP)
  const failed = await program.refusal({ ...FAST, 'late.js': `throw new Error('not today')` })
  assert.equal(failed.code, 'hot_upgrade_failed')
  assert.match(failed.message, /not today; all is as before/)
  await assertUndone(program, [...THERE, ...BACK])
})

test('a statement in between that throws: only what had begun is ended', async t => {
  const program = await startHotProgram(t, APP)
  const ticker = `${TICKER}\nthrow new Error('not today')`
  const failed = await program.refusal({ ...FAST, 'ticker.js': ticker })
  assert.match(failed.message, /not today; all is as before/)
  await assertUndone(program, [
    ...THERE.slice(0, 3),
    'end ticker fast',
    'begin ticker slow',
    'begin clock slow',
  ])
})

test('a callback of dispose that throws', async t => {
  const program = await startHotProgram(t, {
    ...APP,
    'late.js': `import { pace } from './pace.js'
const sound = pace
import.meta.hot.accept()
import.meta.hot.dispose(() => { if (sound === 'slow' && globalThis.strict) throw new Error('not today') })
void sound`,
  })
  await program.run(`globalThis.strict = true`)
  const failed = await program.refusal(FAST)
  assert.match(failed.message, /not today/)
  await program.run(`globalThis.strict = false`)
  const { running, shows } = await look(program)
  assert.deepEqual({ running, shows }, SLOW)
})

test('a callback of accept that throws, or that says it cannot: all is undone, and it is told what there was before', async t => {
  for (const [how, message] of [
    [`throw new Error('not today')`, /not today; all is as before/],
    [`import.meta.hot.invalidate('not today')`, /late\.js: not today/],
    [`try { import.meta.hot.invalidate('not today') } catch {}`, /late\.js: not today/],
    [
      `return Promise.reject(new Error('not today'))`,
      /late\.js: `import\.meta\.hot\.accept` failed: not today/,
    ],
  ] as const) {
    const program = await startHotProgram(t, {
      ...APP,
      'late.js': `import { pace } from './pace.js'
export const told = []
const first = pace
export const all = () => [first, ...told]
import.meta.hot.accept('./pace.js', module => { told.push(module.pace); if (module.pace === 'fast') { ${how} } })`,
    })
    const failed = await program.refusal(FAST)
    assert.equal(failed.code, 'hot_upgrade_failed')
    assert.match(failed.message, message)
    assert.deepEqual(await program.run(`return (await load('./late.js')).all()`), ['slow', 'fast', 'slow'])
    await assertUndone(program, [...THERE, ...BACK])
  }
})

test('codeChange that throws', async t => {
  const definition = (version: string, change: string) => `
import { defineProcess } from 'beam-deploy/process'
export const server = defineProcess({ name: 'server', version: '${version}', init: () => ({ n: 0 }), calls: { n: state => state.n }, ${change} })
await server.start()`
  const program = await startHotProgram(
    t,
    { ...APP, 'late.js': `import './server.js'`, 'server.js': definition('1', '') },
    { packages: ['beam-deploy'] },
  )
  const failed = await program.refusal({
    ...FAST,
    'server.js': definition('2', `codeChange() { throw new Error('not today') }`),
  })
  assert.match(failed.message, /codeChange failed for server: .*not today/)
  await assertUndone(program, [...THERE, ...BACK])
})

test('what is not disposed of and was opened by statements that are undone: timers are cleared, the rest is named', async t => {
  const program = await startHotProgram(t, {
    ...APP,
    'extra.js': '',
    'app.js': `${APP['app.js']}\nimport './extra.js'`,
  })
  const extra = `import { createServer } from 'node:net'
setInterval(() => (globalThis.ticks = (globalThis.ticks ?? 0) + 1), 1)
globalThis.left = createServer().listen(0)
throw new Error('not today')`
  const failed = await program.refusal({ 'extra.js': extra })
  assert.match(
    failed.message,
    /not today\. It was undone, but not all of it: statements that ran have left a server open; extra.js:3 writes into `globalThis`\. Use `upgrade\(\)`/,
  )
  await program.run(
    // A timer like it, which began after it, is heard of five times.
    `globalThis.left.close(); globalThis.ticks = 0
    for (let heard = 0; heard < 5; heard += 1) await new Promise(resolve => setTimeout(resolve, 1))`,
  )
  assert.equal(await program.run(`return globalThis.ticks`), 0)
})

test('an old statement that cannot begin again is named', async t => {
  const program = await startHotProgram(t, {
    ...APP,
    'ticker.js': TICKER.replace(`begin('ticker ' + pace)`, `once(begin('ticker ' + pace))`).replace(
      'let ticker',
      `function once(name) { if (globalThis.begun?.has(name)) throw new Error('only once'); (globalThis.begun ??= new Set()).add(name); return name }\nlet ticker`,
    ),
  })
  const failed = await program.refusal({ ...FAST, 'late.js': `throw new Error('not today')` })
  assert.match(
    failed.message,
    /not today\. It was undone, but not all of it: ticker\.js:5 could not begin again: only once\. Use `upgrade\(\)`/,
  )
})
