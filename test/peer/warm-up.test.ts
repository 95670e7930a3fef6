import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const WARM_UP = fileURLToPath(new URL('../../src/peer/warm-up.ts', import.meta.url))

/** Runs `code` in a process of its own after a warm-up; the value of `code` comes back. */
function afterWarmUp(code: string): unknown {
  const program = `
    const { createRequire } = require('node:module')
    const answers = {}
    for (const name of ['http.server.request.start', 'http.server.response.finish']) {
      require('node:diagnostics_channel').subscribe(name, () => { answers[name] = (answers[name] ?? 0) + 1 })
    }
    const before = Object.getOwnPropertyNames(globalThis).length
    require(${JSON.stringify(WARM_UP)}).warmUp()
    process.on('exit', () => console.log(JSON.stringify(value)))
    const value = (() => { ${code} })()`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

test('a warm-up loads what a server needs, and has it answer once', () => {
  const seen = afterWarmUp(`
    const names = /^NativeModule (http|_http_server|crypto|zlib|https|tls)$/
    const loaded = process.moduleLoadList.filter(name => names.test(name))
    return { loaded: loaded.map(name => name.replace('NativeModule ', '')).sort(), answers }`)
  assert.deepEqual(seen, {
    loaded: ['_http_server', 'crypto', 'http', 'zlib'],
    answers: { 'http.server.request.start': 1, 'http.server.response.finish': 1 },
  })
})

test('a warm-up leaves nothing behind that the application could meet', () => {
  const seen = afterWarmUp(`
    return {
      resources: process.getActiveResourcesInfo().filter(name => !/Pipe|TTY|File/.test(name)),
      globals: Object.getOwnPropertyNames(globalThis).length - before,
      cached: Object.keys(createRequire('/').cache).filter(name => name.includes('warm-module')),
      listeners: process.eventNames().filter(name => name !== 'exit'),
    }`)
  assert.deepEqual(seen, {
    resources: [],
    globals: 0,
    cached: [],
    listeners: afterNothing(),
  })
})

/** What Node.js itself listens to. */
function afterNothing(): unknown {
  const program = 'console.log(JSON.stringify(process.eventNames()))'
  return JSON.parse(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout)
}
