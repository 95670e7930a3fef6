import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

/** Express 4: its router is there once it is used, and begins with two layers of its own. Connect: paths in place of routes. */
const OLDER: Record<string, string> = {
  'Express 4': `
    export default function create() {
      const app = path => app.handle(path)
      const layer = (name, handle, route) => ({ name, handle, route })
      app.lazyrouter = () => {
        app._router ??= Object.assign(() => {}, { use() {}, handle() {}, stack: [layer('query', () => {}), layer('expressInit', () => {})] })
        return app._router.stack
      }
      app.use = handle => { app.lazyrouter().push(layer('', handle, undefined)); return app }
      app.get = (path, handle) => { app.lazyrouter().push(layer('bound', () => handle(path), { path, stack: [layer('', handle)] })); return app }
      app.handle = path => app._router.stack.flatMap(({ name, handle, route }) => !route || route.path === path ? [name || handle(path)] : [])
      return app
    }`,
  Connect: `
    export default function create() {
      const app = path => app.handle(path)
      app.stack = []
      app.use = (route, handle) => { app.stack.push(handle ? { route, handle } : { route: '', handle: route }); return app }
      app.get = () => {}
      app.handle = path => app.stack.flatMap(({ route, handle }) => route === '' || route === path ? [handle(path)] : [])
      return app
    }`,
}

for (const [name, text] of Object.entries(OLDER))
  test(`the layers of ${name}`, async t => {
    const method = name === 'Connect' ? 'use' : 'get'
    const app = `
      import create from './create.js'
      export const app = create()
      app.use(path => 'first ' + path)
      app.${method}('/a', () => 'a')
      app.use(() => 'last')
      process.on('exit', app)`
    const program = await startHotProgram(t, { 'app.js': app, 'create.js': text })
    const look = `const { app } = await load('./app.js'); return [...app('/a'), '-', ...app('/b')]`
    const before = await program.run<string[]>(look)
    await program.upgrade({
      'app.js': app.replace(`app.${method}('/a'`, `app.${method}('/b', () => 'b')\n app.${method}('/a'`),
    })
    const after = await program.run<string[]>(look)
    assert.deepEqual(after, before.toSpliced(-1, 0, before.includes('bound') ? 'bound' : 'b'))
    await program.upgrade({ 'app.js': app })
    assert.deepEqual(await program.run(look), before)
  })
