import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, type HotProgram, startHotProgram } from '../support/hot-program.ts'
import { LOG } from './begun-and-ended.ts'

const TICKER = `
import { begin, end } from './log.js'
import { pace } from './pace.js'
const rooms = new Map([['lobby', 1]])
export const remember = name => rooms.set(name, 1)
export const known = () => [...rooms.keys()]
const ticker = begin('ticker ' + pace)
import.meta.hot?.accept()
import.meta.hot?.dispose(data => { data.times = (data.times ?? 0) + 1; end(ticker) })
export const times = () => import.meta.hot.data.times ?? 0`

const APP: Files = {
  'app.js': `import './ticker.js'`,
  'log.js': LOG,
  'pace.js': `export const pace = 'slow'`,
  'ticker.js': TICKER,
}

interface Seen {
  running: string[]
  log: string[]
  times: number
  known: string[]
}

const look = (program: HotProgram, path = './ticker.js') =>
  program.run<Seen>(
    `const { log, running } = await load('./log.js')
     const { times, known } = await load(given)
     return { log, running: [...running], times: times(), known: known() }`,
    path,
  )

test('what a module disposes of begins again once, whatever else it holds is kept, and data is carried on', async t => {
  const program = await startHotProgram(t, APP)
  await program.run(`(await load('./ticker.js')).remember('attic')`)
  for (const [index, pace] of ['fast', 'faster', 'fastest'].entries()) {
    const report = await program.upgrade({ 'pace.js': `export const pace = '${pace}'` })
    const seen = await look(program)
    assert.deepEqual(seen.running, [`ticker ${pace}`])
    assert.equal(seen.log.length, 1 + 2 * (index + 1))
    assert.equal(seen.times, index + 1)
    assert.deepEqual(seen.known, ['lobby', 'attic'])
    assert.match(report.notes.join('\n'), /ticker\.js: `import\.meta\.hot\.dispose` ends what line 7 /)
  }
})

test('dispose is not called for changes that do not concern it', async t => {
  const program = await startHotProgram(t, APP)
  const report = await program.upgrade({
    'ticker.js': `${TICKER.replace('rooms.set(name, 1)', 'rooms.set(name, 2)')}\nexport const added = 1`,
  })
  assert.deepEqual(report.notes, [])
  assert.deepEqual((await look(program)).log, ['begin ticker slow'])
})

const FORMS: Record<string, string> = {
  'inside if': `if (import.meta.hot) { import.meta.hot.accept(); import.meta.hot.dispose(() => end(ticker)) }`,
  destructured: `const { hot } = import.meta\nhot?.accept()\nhot?.dispose(() => end(ticker))`,
  'as a variable': `const hot = import.meta.hot\nif (hot) { hot.accept()\n hot.dispose(() => end(ticker)) }`,
  'with &&': `import.meta.hot && import.meta.hot.accept(); import.meta.hot && import.meta.hot.dispose(stop)\nfunction stop() { end(ticker) }`,
  'in a function': `function take(hot) { hot.accept(); hot.dispose(() => end(ticker)) }\nif (import.meta.hot) take(import.meta.hot)`,
}

for (const [name, text] of Object.entries(FORMS))
  test(`import.meta.hot ${name}`, async t => {
    const ticker = `${TICKER.replace(/import\.meta\.hot\?\..*$/s, text)}\nexport const times = () => 0`
    const program = await startHotProgram(t, { ...APP, 'ticker.js': ticker })
    for (const pace of ['fast', 'faster']) {
      await program.upgrade({ 'pace.js': `export const pace = '${pace}'` })
      assert.deepEqual((await look(program)).running, [`ticker ${pace}`])
    }
    assert.equal((await look(program)).log.length, 5)
  })

const COMMONJS: Files = {
  'app.js': `require('./ticker')`,
  'log.js': `exports.log = []; exports.running = new Set()
exports.begin = name => { exports.running.add(name); exports.log.push('begin ' + name); return name }
exports.end = name => { exports.running.delete(name); exports.log.push('end ' + name) }`,
  'pace.js': `exports.pace = 'slow'`,
  'ticker.js': `
const { begin, end } = require('./log')
const { pace } = require('./pace')
const ticker = begin('ticker ' + pace)
if (module.hot) { module.hot.accept(); module.hot.dispose(data => { data.times = (data.times ?? 0) + 1; end(ticker) }) }
exports.times = () => module.hot.data.times ?? 0
exports.known = () => []`,
}

test('module.hot in CommonJS', async t => {
  const program = await startHotProgram(t, COMMONJS, { type: 'commonjs' })
  for (const pace of ['fast', 'faster']) {
    await program.upgrade({ 'pace.js': `exports.pace = '${pace}'` })
    assert.deepEqual((await look(program)).running, [`ticker ${pace}`])
  }
  assert.equal((await look(program)).times, 2)
})

test('import.meta.hot in TypeScript', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.ts': `import './ticker.ts'`,
      'log.js': LOG,
      'pace.ts': `export const pace: string = 'slow'`,
      'ticker.ts': TICKER.replace('./pace.js', './pace.ts').replace('name =>', '(name: string) =>'),
    },
    { entry: 'app.ts' },
  )
  await program.upgrade({ 'pace.ts': `export const pace: string = 'fast'` })
  assert.deepEqual((await look(program, './ticker.ts')).running, ['ticker fast'])
})

test('a module that asks for import.meta.hot only later has it from then on', async t => {
  const before = TICKER.replace(/import\.meta\.hot\?\..*$/s, 'export const times = () => 0')
  const program = await startHotProgram(t, { ...APP, 'ticker.js': before })
  const failing = `${TICKER}\nthrow new Error('not today')`
  const failed = await program.refusal({ 'ticker.js': failing })
  assert.equal(failed.code, 'hot_upgrade_failed')
  assert.match(failed.message, /not today; all is as before/)
  await program.upgrade({ 'ticker.js': TICKER })
  await program.upgrade({ 'pace.js': `export const pace = 'fast'` })
  const { running, times } = await look(program)
  assert.deepEqual({ running, times }, { running: ['ticker fast'], times: 1 })
})

test('module.hot is given to a CommonJS module that asks for it only later', async t => {
  const ticker = String(COMMONJS['ticker.js'])
  const before = `${ticker.replace(/if \(module\.hot\).*$/s, '')}exports.times = () => 0\nexports.known = () => []\nexports.has = () => 'h' + 'ot' in module`
  const program = await startHotProgram(t, { ...COMMONJS, 'ticker.js': before }, { type: 'commonjs' })
  const failed = await program.refusal({ 'ticker.js': `${ticker}\nthrow new Error('not today')` })
  assert.match(failed.message, /not today; all is as before/)
  assert.equal(await program.run(`return require('./ticker.js').has()`), false)
  await program.upgrade({ 'ticker.js': ticker })
  await program.upgrade({ 'pace.js': `exports.pace = 'fast'` })
  const { running, times } = await look(program)
  assert.deepEqual({ running, times }, { running: ['ticker fast'], times: 1 })
})
