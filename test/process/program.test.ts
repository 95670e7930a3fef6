import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { tempDir } from '../support/pack-app.ts'

const DIST = resolve(import.meta.dirname, '../../dist')

/** Runs a program that has `defineProcess` and `processes` of the built package in scope; resolves to what became of it. */
function run(code: string, dist = DIST): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const library = pathToFileURL(join(dist, 'process.js')).href
  const program = `const { defineProcess, next, processes } = await import(${JSON.stringify(library)})\n${code}`
  return new Promise(done => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { timeout: 60_000 },
      (error, stdout, stderr) => done({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

const COUNTER = `const counter = defineProcess({
  name: 'counter', version: '1', init: () => ({ count: 0 }),
  calls: { add: (state, by) => (state.count += by), never: () => new Promise(() => {}) },
  callTimeout: 50,
})
await counter.start()
`

test('processes do not keep the program alive', async () => {
  const { exitCode, stdout } = await run(`${COUNTER} console.log(await counter.call('add', 2))`)
  assert.deepEqual([exitCode, stdout], [0, '2\n'])
})

test('a call that waits does: it ends with call_timeout, not with the program', async () => {
  const { exitCode, stdout } = await run(
    `${COUNTER} await counter.call('never').catch(({ code }) => console.log(code))`,
  )
  assert.deepEqual([exitCode, stdout], [0, 'call_timeout\n'])
})

test('two copies of the package share their processes', async t => {
  const copy = tempDir(t)
  cpSync(DIST, join(copy, 'dist'), { recursive: true })
  cpSync(resolve(DIST, '../package.json'), join(copy, 'package.json'))
  const other = pathToFileURL(join(copy, 'dist/process.js')).href
  const { stdout, stderr } = await run(`${COUNTER}
    const copy = await import(${JSON.stringify(other)})
    console.log(copy.defineProcess === defineProcess, copy.processes().map(({ name }) => name).join())
    const its = copy.defineProcess({
      name: 'theirs', version: '1', init: () => 0,
      calls: { set: (state, to) => copy.next(to, 'was ' + state), get: state => state },
    })
    await its.start()
    console.log(await its.call('set', 3), await its.call('get'), processes().length)
    try {
      copy.defineProcess({ name: 'counter', version: '2', init: () => 0 })
    } catch ({ code, message }) {
      console.log(code, message)
    }`)
  assert.equal(stderr, '')
  assert.match(
    stdout,
    /^false counter\nwas 0 3 2\nprocess_already_defined process counter is defined already, with version 1\./,
  )
})

test('a copy that this one does not understand is refused', async () => {
  const { stderr } = await run(`globalThis[Symbol.for('beam-deploy.process')] = { protocol: 2 }\nprocesses()`)
  assert.match(stderr, /incompatible_protocol/)
  assert.match(stderr, /npm ls beam-deploy/)
})
