import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startApp } from '../support/beam.ts'
import { startHotProgram } from '../support/hot-program.ts'
import { packApp } from '../support/pack-app.ts'

const LOADER = pathToFileURL(fileURLToPath(new URL('../../dist/hot-loading.js', import.meta.url))).href

/** An application that starts itself in other ways, and is told by each whether that is hot. */
const FILES = {
  'heir.cjs': `
    const isHot = Symbol.for('beam-deploy.hot') in globalThis || String(() => 1) !== '() => 1'
    const { parentPort } = require('node:worker_threads')
    if (parentPort) parentPort.postMessage(isHot)
    else process.send(isHot, () => process.disconnect())`,
  'heirs.cjs': `
    const { fork } = require('node:child_process')
    const { Worker } = require('node:worker_threads')
    const { once } = require('node:events')
    const path = require('node:path').join(__dirname, 'heir.cjs')
    exports.heirs = async () => {
      const said = []
      for (const start of [() => fork(path), () => new Worker(path)]) {
        const heir = start()
        const [isHot] = await once(heir, 'message')
        await (heir.terminate ? heir.terminate() : once(heir, 'exit'))
        said.push(isHot)
      }
      return [Symbol.for('beam-deploy.hot') in globalThis, ...said]
    }`,
}

const ONLY_ITSELF = [true, false, false]

test('child processes and worker threads of a program with hot loading are as they are without', async t => {
  const program = await startHotProgram(t, { ...FILES, 'app.cjs': '' }, { entry: 'app.cjs' })
  assert.deepEqual(await program.run(`return require('./heirs.cjs').heirs()`), ONLY_ITSELF)
})

test('so are those of a program that has it from NODE_OPTIONS', async t => {
  const program = await startHotProgram(
    t,
    { ...FILES, 'app.cjs': '' },
    { entry: 'app.cjs', hot: false, env: { NODE_OPTIONS: `--import ${LOADER}` } },
  )
  assert.deepEqual(await program.run(`return require('./heirs.cjs').heirs()`), ONLY_ITSELF)
})

test('so are those of a peer, which is hot whatever has started its parent', async t => {
  const server = `
    import { createServer } from 'node:http'
    import { heirs } from './heirs.cjs'
    createServer(async (request, response) => response.end(JSON.stringify(await heirs()))).listen(process.env.PORT)`
  const archive = await packApp(t, 'http-app', { version: '1.0.0', files: { ...FILES, 'server.js': server } })
  const app = await startApp(t, archive, { env: { BEAM_DEPLOY_HOT: '1' } })
  assert.deepEqual(await (await fetch(app.url)).json(), ONLY_ITSELF)
})
