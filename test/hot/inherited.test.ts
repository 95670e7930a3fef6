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

test('what the application has started and runs on is named in the plan', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
      import { fork } from 'node:child_process'
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      export const start = async () => {
        const worker = new Worker('setInterval(() => undefined, 1000)', { eval: true })
        const child = fork(new URL('child.cjs', import.meta.url))
        await Promise.all([once(worker, 'online'), once(child, 'message')])
        return [worker.listenerCount('exit'), child.listenerCount('exit')]
      }
      export const version = () => 1`,
    'child.cjs': `process.send('up')\nsetInterval(() => undefined, 1000)\nprocess.on('disconnect', () => process.exit())`,
  })
  assert.deepEqual((await program.plan({})).notes, [])
  await program.run(`return (await load('./app.js')).start()`)
  assert.deepEqual((await program.plan({})).notes, [
    '1 worker threads that the application has started: the code there is not replaced',
    '1 processes of Node.js that the application has started: the code there is not replaced',
  ])
})

test('a program with node:cluster workers is not upgraded: none of the code there would be replaced', async t => {
  const program = await startHotProgram(t, {
    'app.js': `
      import cluster from 'node:cluster'
      import { once } from 'node:events'
      if (cluster.isPrimary) await once(cluster.fork(), 'online')
      export const version = () => 1`,
  })
  const { reasons } = await program.refusal({ 'app.js': 'export const version = () => 2' })
  assert.ok(reasons?.some(({ message }) => /node:cluster/.test(message)))
})
