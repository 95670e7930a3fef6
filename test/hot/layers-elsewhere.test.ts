import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HotProgram, startHotProgram } from '../support/hot-program.ts'

/** Layers that functions add, and such as are added under a condition. */
const APP = `
import { createServer } from 'node:http'
import express from 'express'
import { api } from './api.js'

const app = express()
app.disable('x-powered-by')
app.use(express.json())
if (process.env.NO_SUCH) app.use((req, res) => { res.send('never') })
app.get('/', (req, res) => { res.json({ home: true }) })
api(app)
app.use((req, res) => { res.status(404).send('none') })
export const server = createServer(app)
server.listen(0, '127.0.0.1')
`
const API = `
export function api(app) {
  app.get('/api/a', (req, res) => { res.send('a') })
  app.get('/api/b', (req, res) => { res.send('b') })
}
`
const HEALTH = `app.get('/health', (req, res) => { res.send('healthy') })\n`
const SAID = `app.use((req, res, next) => { res.set('x-said', 'yes'); next() })`

const EDITS: Record<string, (text: string) => string> = {
  'a route in front of what is added under a condition': text =>
    text.replace('if (process', `${HEALTH}if (process`),
  'a route in front of what a function adds': text => text.replace('api(app)', `${HEALTH}api(app)`),
  'a route behind that': text =>
    text.replace('app.use((req, res) => { res.status', `${HEALTH}app.use((req, res) => { res.status`),
  'a route that is gone': text => text.replace(/app\.get\('\/'.*\n/, ''),
  'what is new under a condition': text =>
    text.replace(`app.get('/'`, `if (express) { ${SAID} }\napp.get('/'`),
  'what is new in a function': text =>
    text.replace(`app.get('/'`, `say(app)\nfunction say(app) { ${SAID} }\napp.get('/'`),
  'a setting': text => text.replace('app.use(express', `app.set('json spaces', 2)\napp.use(express`),
}

const ASK = `
  const { server } = await load('./app.js')
  if (!server.listening) await new Promise(done => server.once('listening', done))
  const answers = []
  for (const path of ['/', '/health', '/api/a', '/api/b', '/none']) {
    const answer = await fetch('http://127.0.0.1:' + server.address().port + path)
    answers.push([path, answer.status, answer.headers.get('x-said'), await answer.text()])
  }
  return answers`
const ask = (program: HotProgram) => program.run<unknown[]>(ASK)

for (const [what, edit] of Object.entries(EDITS))
  test(`of an application to which functions add as well, ${what}`, async t => {
    const files = { 'app.js': APP, 'api.js': API }
    const program = await startHotProgram(t, files, { packages: true })
    const before = await ask(program)
    await program.upgrade({ 'app.js': edit(APP) })
    const after = await ask(program)
    const fresh = await startHotProgram(t, { ...files, 'app.js': edit(APP) }, { packages: true, hot: false })
    assert.deepEqual(after, await ask(fresh))
    assert.notDeepEqual(after, before)
    // And once more, from there.
    await program.upgrade({
      'app.js': edit(APP).replace(`'none'`, `'nothing'`).replace('api(app)', `${HEALTH}api(app)`),
    })
    assert.deepEqual((await ask(program)).at(-1), ['/none', 404, (after.at(-1) as unknown[])[2], 'nothing'])
  })

test('what a new statement does under a condition is done in order', async t => {
  const before = `
    const parts = []
    parts.push('a')
    parts.push('c')
    export const show = () => parts.join('')`
  const program = await startHotProgram(t, { 'app.js': before })
  await program.upgrade({ 'app.js': before.replace(`('a')`, `('a')\n    if (parts) parts.push('b')`) })
  assert.equal(await program.run(`return (await load('./app.js')).show()`), 'abc')
})
