import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, type HotProgram, startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'
import type { Scope } from '../support/scope.ts'

const APP = `
import express from 'express'
import { counted } from './counted.js'
import { router } from './routes.js'

const app = express()
app.use(express.json())
app.use(counted('x-count'))
app.get('/', (req, res) => { res.send('home ' + res.get('x-count')) })
app.use('/users', router)
app.use((req, res) => { res.status(404).send('nothing at ' + req.path) })

export const server = app.listen(0, '127.0.0.1')
export { app }
`
const ROUTES = `
import { Router } from 'express'
const router = Router()
router.get('/', (req, res) => { res.send('list') })
router.get('/:id', (req, res) => { res.send('one ' + req.params.id) })
router.route('/:id/posts').get((req, res) => { res.send('posts') })
export { router }
`
/** Keeps how often it was asked. */
const COUNTED = `
export function counted(name) {
  let count = 0
  return (req, res, next) => {
    res.set(name, String((count += 1)))
    next()
  }
}
`
const FILES: Files = { 'app.js': APP, 'routes.js': ROUTES, 'counted.js': COUNTED }
const PATHS = ['/', '/health', '/users', '/users/1', '/users/new', '/users/1/posts', '/none']

const ASK = `
  const { server } = await load('./app.js')
  if (!server.listening) await new Promise(done => server.once('listening', done))
  const at = 'http://127.0.0.1:' + server.address().port
  const answers = []
  for (const path of given) {
    const answer = await fetch(at + path)
    answers.push([path, answer.status, answer.headers.get('x-was'), await answer.text()].join(' '))
  }
  return answers`

const ask = (program: HotProgram): Promise<string[]> => program.run(ASK, PATHS)
const withoutCount = (answers: string[]) => answers.map(answer => answer.replace(/home \d+/, 'home'))

const change = (text: string, from: string, to: string) => {
  assert.ok(text.includes(from), from)
  return text.replace(from, () => to)
}

const HEALTH = `app.get('/health', (req, res) => { res.send('healthy') })\n`
const NEW = `router.get('/new', (req, res) => { res.send('new') })\n`
const app = (from: string, to: string): Files => ({ 'app.js': change(APP, from, to) })
const routes = (from: string, to: string): Files => ({ 'routes.js': change(ROUTES, from, to) })

const EDITS: Record<string, Files> = {
  'a route in front of others': app(`app.get('/'`, `${HEALTH}app.get('/'`),
  'a route before the last': app('app.use((req', `${HEALTH}app.use((req`),
  'a route that is gone': app(/app\.get\('\/'.*\n/.exec(APP)?.[0] ?? '', ''),
  'a route of a router': routes(`router.get('/:id'`, `${NEW}router.get('/:id'`),
  'another path': routes(`'/:id'`, `'/new'`),
  'a route that is gone from a router': routes(/router\.route.*\n/.exec(ROUTES)?.[0] ?? '', ''),
  'another method of a route': routes(
    `.get((req, res) => { res.send('posts')`,
    `.all((req, res) => { res.send('any posts')`,
  ),
  'middleware for all': app(
    `app.get('/'`,
    `app.use((req, res, next) => { res.set('x-was', 'here'); next() })\napp.get('/'`,
  ),
  'another option of what Express has itself': app('express.json()', `express.json({ limit: '1mb' })`),
  'a function with a name': app(
    `app.use((req, res) => { res.status(404).send('nothing at ' + req.path) })`,
    `app.use(last)\nfunction last(req, res) { res.status(404).send('not here') }`,
  ),
}

for (const [what, changes] of Object.entries(EDITS))
  test(`of an application of Express that listens, ${what}`, async t => {
    const program = await startHotProgram(t, FILES, { packages: true })
    const before = await ask(program)
    await program.upgrade(changes)
    const after = await ask(program)
    assert.deepEqual(withoutCount(after), withoutCount(await fresh(t, changes)))
    if (what !== 'another option of what Express has itself') assert.notDeepEqual(after, before)
    // What counts has gone on.
    await program.upgrade(FILES)
    assert.equal((await ask(program))[0], `/ 200  home ${2 * PATHS.length + 1}`)
  })

async function fresh(t: Scope, changes: Files): Promise<string[]> {
  const program = await startHotProgram(t, { ...FILES, ...changes }, { packages: true, hot: false })
  const answers = await ask(program)
  await program.end()
  return answers
}

test('a request in progress goes through what was there when it came', async t => {
  const waiting = APP.replace(
    `app.get('/', (req, res) => {`,
    `export const held = []\napp.use('/slow', (req, res, next) => { held.push(next) })\napp.get('/slow', (req, res) => {`,
  )
  const program = await startHotProgram(t, { ...FILES, 'app.js': waiting }, { packages: true })
  await program.run(`
    const { server, held } = await load('./app.js')
    if (!server.listening) await new Promise(done => server.once('listening', done))
    globalThis.answer = fetch('http://127.0.0.1:' + server.address().port + '/slow').then(each => each.text())
    while (held.length === 0) await new Promise(setImmediate)`)
  const between = `app.use('/slow', (req, res) => { res.send('too early') })\n`
  await program.upgrade({
    'app.js': change(waiting, 'app.use(express.json', `${between}app.use(express.json`),
  })
  const [old, later] = await program.run<string[]>(`
    const { server, held } = await load('./app.js')
    held.pop()()
    const at = 'http://127.0.0.1:' + server.address().port
    return [await globalThis.answer, await (await fetch(at + '/slow')).text()]`)
  assert.match(old ?? '', /^home/)
  assert.equal(later, 'too early')
})

const LOOK = `
  const { app, server } = await load('./app.js')
  if (!server.listening) await new Promise(done => server.once('listening', done))
  return app.router.stack.map(({ name, route }) => [name, route?.path])`
const program = { packages: true }

test('middleware that keeps something is not made anew', async t => {
  await assertRefused(t, {
    files: FILES,
    changes: app(`'x-count'`, `'x-counted'`),
    look: LOOK,
    program,
    reasons: [
      {
        at: 'app.js:8',
        says: /holds live state, since counted\.js:5 assigns `count`, which goes with it, and is gone/,
        allow: 'app.js:8',
      },
    ],
  })
})

test('what a package has made for an application may keep something', async t => {
  const text = APP.replace('import { counted }', "import { timeout } from 'hono/timeout'\nimport { counted }")
  const before = text.replace(`app.get('/'`, `app.use(timeout(5))\napp.get('/'`)
  await assertRefused(t, {
    files: { ...FILES, 'app.js': before },
    changes: { 'app.js': before.replace('timeout(5)', 'timeout(6)') },
    look: LOOK,
    program,
    reasons: [
      {
        at: 'app.js:10',
        says: /has had `timeout` make something, which may hold live state, and is gone/,
        allow: 'app.js:10',
      },
    ],
  })
})

test('one that is a part of another application stays that', async t => {
  const before = APP.replace(`app.get('/'`, `const part = express()\napp.use('/part', part)\napp.get('/'`)
  await assertRefused(t, {
    files: { ...FILES, 'app.js': before },
    changes: { 'app.js': before.replace(`'/part'`, `'/other'`) },
    look: LOOK,
    program,
    reasons: [
      { at: 'app.js:10', says: /has made another application a part of this one/, allow: 'app.js:10' },
    ],
  })
})

test('what two functions have added next to each other is not told apart', async t => {
  const before = APP.replace(
    'export const server',
    'more(app)\nmore(app)\nfunction more(to) { to.use((req, res) => {}) }\nexport const server',
  )
  await assertRefused(t, {
    files: { ...FILES, 'app.js': before },
    changes: { 'app.js': change(before, `app.get('/'`, `${HEALTH}app.get('/'`) },
    look: LOOK,
    program,
    reasons: [
      { at: 'app.js:6', says: /`app` holds live state, since app\.js:15 calls its use/, allow: 'app.js:app' },
      { at: 'app.js:14', says: /has an effect that cannot be repeated: it reads app/, allow: 'app.js:14' },
      { at: 'app.js:15', says: /has an effect that cannot be repeated: it reads app/, allow: 'app.js:15' },
      { at: 'app.js:17', says: /`server` has opened a server/, allow: 'app.js:server' },
    ],
  })
})

test('a statement that throws leaves them as they were', async t => {
  await assertRefused(t, {
    files: FILES,
    changes: app(`app.get('/'`, `${HEALTH}app.use(undefined)\napp.get('/'`),
    look: LOOK,
    program,
    atCommit: 'hot_upgrade_failed',
    reasons: [{ at: 'app.js:10', says: /requires a middleware function/ }],
  })
})
