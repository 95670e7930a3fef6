import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

interface Case {
  files: Files
  changes: Files
  /** What it shows in the end. */
  shown: unknown
}

const SHOW = `return (await load('./app.js')).show()`

/** A new statement puts something into what another statement has looked at: that looks at it once more. */
const LOOKED_AT: Record<string, Case> = {
  'in the same module': {
    files: {
      'app.js': `
        const plugins = []
        plugins.push('a')
        const names = plugins.join()
        export const show = () => names`,
    },
    changes: {
      'app.js': `
        const plugins = []
        plugins.push('a')
        plugins.push('b')
        const names = plugins.join()
        export const show = () => names`,
    },
    shown: 'a,b',
  },
  'in another module': {
    files: {
      'plugins.js': `export const plugins = new Map([['a', 1]])`,
      'app.js': `import { plugins } from './plugins.js'\nconst names = [...plugins.keys()]\nexport const show = () => names`,
    },
    changes: { 'plugins.js': `export const plugins = new Map([['a', 1]])\nplugins.set('b', 2)` },
    shown: ['a', 'b'],
  },
  'by a function': {
    files: {
      'app.js': `
        const plugins = ['a']
        function register(name) { plugins.push(name) }
        const names = plugins.join()
        export const show = () => names`,
    },
    changes: {
      'app.js': `
        const plugins = ['a']
        function register(name) { plugins.push(name) }
        register('b')
        const names = plugins.join()
        export const show = () => names`,
    },
    shown: 'a,b',
  },
  'by functions of other modules, one of which sets a variable': {
    files: {
      'plugins.js': `let last = 'a'
export const note = name => { last = name }
export const all = () => last`,
      'register.js': `import { note } from './plugins.js'
export const register = { one(name) { note(name) } }`,
      'app.js': `import { all } from './plugins.js'
import { register } from './register.js'
const names = all()
export const show = () => [names, typeof register]`,
    },
    changes: {
      'app.js': `import { all } from './plugins.js'
import { register } from './register.js'
register.one('b')
const names = all()
export const show = () => [names, typeof register]`,
    },
    shown: ['b', 'object'],
  },
  'by a function that is new': {
    files: {
      'app.js': `
        const plugins = ['a']
        const names = plugins.join()
        export const show = () => names`,
    },
    changes: {
      'app.js': `
        const plugins = ['a']
        const add = name => plugins.push(name)
        function register(name) { add(name) }
        register('b')
        const names = plugins.join()
        export const show = () => names`,
    },
    shown: 'a,b',
  },
  'by an import': {
    files: {
      'plugins.js': `export const plugins = ['a']`,
      'app.js': `import { plugins } from './plugins.js'\nconst count = plugins.length\nexport const show = () => count`,
    },
    changes: {
      'app.js': `import { plugins } from './plugins.js'\nplugins.push('b')\nconst count = plugins.length\nexport const show = () => count`,
    },
    shown: 2,
  },
  'under another name': {
    files: {
      'app.js': `
        const settings = { limit: 1 }
        const all = { settings }
        const limit = all.settings.limit
        export const show = () => limit`,
    },
    changes: {
      'app.js': `
        const settings = { limit: 1 }
        settings.limit = 2
        const all = { settings }
        const limit = all.settings.limit
        export const show = () => limit`,
    },
    shown: 2,
  },
  'in a function': {
    files: {
      'app.js': `
        const plugins = ['a']
        const list = () => plugins.join()
        const names = list()
        export const show = () => names`,
    },
    changes: {
      'app.js': `
        const plugins = ['a']
        plugins.push('b')
        const list = () => plugins.join()
        const names = list()
        export const show = () => names`,
    },
    shown: 'a,b',
  },
  'before that': {
    files: {
      'app.js': `const plugins = ['a']\nconst names = plugins.join()\nexport const show = () => [names, plugins.length]`,
    },
    changes: {
      'app.js': `const plugins = ['a']\nconst names = plugins.join()\nplugins.push('b')\nexport const show = () => [names, plugins.length]`,
    },
    shown: ['a', 2],
  },
}

for (const [where, { files, changes, shown }] of Object.entries(LOOKED_AT))
  test(`what a new statement puts into something is seen by who has looked at it: ${where}`, async t => {
    const program = await startHotProgram(t, files)
    await program.run(SHOW)
    await program.upgrade(changes)
    assert.deepEqual(await program.run(SHOW), shown)
  })

test('what has been given it, and cannot be done again, is a reason', async t => {
  const before = `
    const plugins = ['a']
    globalThis.installed = []
    for (const plugin of plugins) globalThis.installed.push(plugin)`
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': before.replace(`['a']`, `['a']\n    plugins.push('b')`) },
    look: 'return globalThis.installed',
    reasons: [
      {
        at: 'app.js:5',
        says: /has an effect that cannot be repeated: it reads what `plugins` holds, into which app\.js:3 puts something/,
        allow: 'app.js:5',
      },
    ],
  })
})

test('decorators of a class are read by who is given the class', async t => {
  const before = `
    const __decorate = (decorators, target, key) => { for (const each of decorators) each(target, key) }
    const routes = new Map()
    const Get = path => (target, key) => { routes.set(path, key) }
    let Controller = class Controller { list() {} }
    __decorate([Get('/')], Controller.prototype, 'list')
    exports.Controller = Controller
    const serve = [...[Controller].map(each => [each.name, ...routes.keys()].join())]
    exports.show = () => serve`
  const after = before
    .replace('list() {}', 'list() {} find() {}')
    .replace(`'list')`, `'list')\n    __decorate([Get('/find')], Controller.prototype, 'find')`)
  const program = await startHotProgram(t, { 'app.js': before }, { type: 'commonjs' })
  await program.upgrade({ 'app.js': after })
  assert.deepEqual(await program.run(`return require('./app.js').show()`), ['Controller,/,/find'])
})

const SERVER = `
  import { createServer } from 'node:http'
  export const server = createServer()
  server.listen(0)`
const LISTENERS = `return (await load('./app.js')).server.listenerCount('upgrade')`

test('what a package has been given a server for is not made a second time', async t => {
  const before = `
    import { WebSocketServer } from 'ws'
    ${SERVER}
    const sockets = new WebSocketServer({ server, maxPayload: 1 })
    export const limit = () => sockets.options.maxPayload`
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': before.replace('maxPayload: 1', 'maxPayload: 2') },
    look: LISTENERS,
    program: { packages: true },
    reasons: [
      {
        at: 'app.js:7',
        says: /`sockets` would have to be evaluated anew, and what it did goes on.*gives `server` to `WebSocketServer`/,
        allow: 'app.js:sockets',
      },
    ],
  })
})

test('what is made anew together with what it listens to may be', async t => {
  const before = `
    import { EventEmitter } from 'node:events'
    import { on } from 'node:events'
    const name = 'one'
    const bus = new EventEmitter({ captureRejections: name === 'two' })
    const all = on(bus, 'message')
    export const show = () => typeof all.next`
  const program = await startHotProgram(t, { 'app.js': before })
  await program.upgrade({ 'app.js': before.replace(`'one'`, `'two'`) })
  assert.equal(await program.run(SHOW), 'function')
})
