import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { FORMATS, isRefused, staysCurrent } from '../support/kept.ts'
import { FUNCTIONS } from '../support/kept-functions.ts'

for (const { type, name } of FORMATS) {
  test(`${name}: functions in other hands run the code of each version`, t =>
    staysCurrent(t, FUNCTIONS, type))
}

test('a handler given to express at the start, and one in a router', async t => {
  const app = (v: string) => `
    const express = require('express')
    const { list, Store } = require('./store')
    const app = express()
    const router = express.Router()
    app.use((req, res, next) => { res.setHeader('x-version', '${v}'); next() })
    app.get('/', (req, res) => { res.send('${v} ' + list().join()) })
    router.get('/:id', async (req, res) => { res.send('${v} ' + new Store().get(req.params.id)) })
    app.use('/items', router)
    app.use('/fail', () => { throw new Error('${v}') })
    app.use((error, req, res, next) => { res.status(500).send('${v} ' + error.message) })
    const server = app.listen(0, '127.0.0.1')
    exports.port = () => new Promise(resolve => {
      if (server.listening) resolve(server.address().port)
      else server.once('listening', () => resolve(server.address().port))
    })`
  const store = (v: string) => `
    const items = ['a']
    function list() { return [...items, '${v}'] }
    class Store { get(id) { return '${v}' + id } }
    module.exports = { list, Store }`
  const files = (v: string) => ({ 'app.js': app(v), 'store.js': store(v) })
  const program = await startHotProgram(t, files('v1'), { type: 'commonjs', packages: true })
  const port = await program.run<number>(`return require('./app.js').port()`)
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.headers.get('x-version'), await response.text()]
  }
  for (const v of ['v1', 'v2', 'v3', 'v1']) {
    if (v !== 'v1' || (await get('/')).at(0) !== 'v1') await program.upgrade(files(v))
    assert.deepEqual(await get('/'), [v, `${v} a,${v}`])
    assert.deepEqual(await get('/items/7'), [v, `${v} ${v}7`])
    assert.deepEqual(await get('/fail'), [v, `${v} ${v}`])
  }
})

const FUNCTION = { exports: 'f', keep: 'return m.f' }

test('a function that becomes a generator, or is none any more, is a reason', async t => {
  const { reasons } = await isRefused(
    t,
    {
      ...FUNCTION,
      name: 'generator',
      body: v => (v === 'v1' ? 'function* f() { yield 1 }' : 'function f() { return [1] }'),
      see: 'return [...k()]',
      expect: () => [1],
    },
    'module',
  )
  assert.match(reasons?.[0]?.message ?? '', /no generator/)
})

test('an async function that is none any more is a reason: who has it waits', async t => {
  const { reasons } = await isRefused(
    t,
    {
      ...FUNCTION,
      name: 'async',
      body: v => (v === 'v1' ? 'async function f() { return 1 }' : 'function f() { return 1 }'),
      see: 'return [k() instanceof Promise, await k()]',
      expect: () => [true, 1],
    },
    'commonjs',
  )
  assert.match(reasons?.[0]?.message ?? '', /no async function/)
})

test('a generator that becomes an async one is a reason', async t => {
  const { reasons } = await isRefused(
    t,
    {
      ...FUNCTION,
      name: 'async generator',
      body: v => (v === 'v1' ? 'function* f() { yield 1 }' : 'async function* f() { yield 1 }'),
      see: 'return [...k()]',
      expect: () => [1],
    },
    'module',
  )
  assert.match(reasons?.[0]?.message ?? '', /async generator/)
})

test('an arrow function that gets a `this` of its own is a reason', async t => {
  const { reasons } = await isRefused(
    t,
    {
      ...FUNCTION,
      name: 'own this',
      body: v => (v === 'v1' ? 'const f = () => 1' : 'const f = function () { return this ? 1 : 2 }'),
      see: 'return k()',
      expect: () => 1,
    },
    'module',
  )
  assert.match(reasons?.[0]?.message ?? '', /own `this`/)
})
