import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { beam, freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  about,
  assertNoLoss,
  errorOf,
  failingUpgrade,
  get,
  launch,
  lightLoad,
  pack,
  run,
  until,
  untilGone,
} from './support.ts'

/** Listens on the second endpoint too. */
const ON_BOTH = {
  'before-listen.js': `
import http from 'node:http'
await new Promise(resolve => http.createServer((_, response) => response.end('second')).listen(process.env.SECOND, resolve))
`,
}

test('two ports: both are held, and a release that listens on one of them only is refused', async t => {
  const second = await freePort()
  const app = await startApp(t, await pack(t, '1.0.0', { files: ON_BOTH }), {
    args: ['--port', String(second), '--ready-timeout', '2s'],
    env: { SECOND: String(second) },
  })
  assert.equal(await get(app.port, '/'), '1.0.0')
  assert.equal(await get(second, '/'), 'second')
  assert.deepEqual((await app.status()).endpoints, [String(app.port), String(second)])
  const { pid } = await about(app.port)
  const load = lightLoad(t, app.port)
  await load.answeredBy('1.0.0')

  const error = await failingUpgrade(app, await pack(t, '2.0.0'))

  assert.equal(error.code, 'peer_start_failed')
  assert.match(error.message, new RegExp(`did not listen on ${app.port}, ${second} within 2000 ms`))
  assert.equal((await about(app.port)).pid, pid)
  assert.equal(await get(second, '/'), 'second')
  await app.upgrade(await pack(t, '3.0.0', { files: ON_BOTH }))
  await load.answeredBy('3.0.0')
  assertNoLoss(await load.stop())
})

test('PORT and HOST declare the endpoint where nothing else does', async t => {
  const port = await freePort()
  const app = await start(t, [], { PORT: String(port), HOST: '127.0.0.1' })
  assert.deepEqual(app.endpoints, [`127.0.0.1:${port}`])
  const { env } = await about(port)
  assert.deepEqual([env.PORT, env.HOST], [String(port), '127.0.0.1'])
})

test('--port goes before PORT, and the application finds it there', async t => {
  const port = await freePort()
  const app = await start(t, ['--port', String(port)], { PORT: '1' })
  assert.deepEqual(app.endpoints, [String(port)])
  assert.equal((await about(port)).env.PORT, String(port))
})

test('--port 0 takes a free one', async t => {
  const { endpoints } = await start(t, ['--port', '0'], {})
  const port = Number(endpoints[0])
  assert.ok(port > 0)
  assert.equal((await about(port)).env.PORT, String(port))
})

test('--host narrows the endpoint to an address', async t => {
  const port = await freePort()
  const { endpoints } = await start(t, ['--port', String(port), '--host', '127.0.0.1'], {})
  assert.deepEqual(endpoints, [`127.0.0.1:${port}`])
  assert.equal(await get(port, '/'), '1.0.0')
  await assert.rejects(get(port, '/', '127.0.0.2'), { code: 'ECONNREFUSED' })
})

test('--path: a Unix socket is an endpoint, held through an upgrade and removed at the end', async t => {
  const path = join(tempDir(t), 'app.sock')
  const parent = await start(t, ['--path', path], {})
  assert.deepEqual(parent.endpoints, [path])
  assert.equal(await getFrom(path), '1.0.0')
  const archive = await pack(t, '2.0.0')
  const { code } = await beam(['upgrade', archive, '--state-dir', parent.stateRoot])
  assert.equal(code, 0)
  assert.equal(await getFrom(path), '2.0.0')
  await beam(['stop', '--state-dir', parent.stateRoot])
  assert.ok(!existsSync(path))
})

test('a port that another process has: endpoint_unavailable, and nothing is left', async t => {
  const stateRoot = tempDir(t)
  const port = await occupiedPort(t)
  const archive = await pack(t, '1.0.0')
  const args = ['start', archive, '--port', String(port), '--state-dir', stateRoot, '--json']
  const error = errorOf(await run(t, args))
  assert.equal(error.code, 'endpoint_unavailable')
  assert.match(error.message, new RegExp(`cannot hold ${port}: another process has it.*Free it.*--port`))
  const stateDir = join(stateRoot, 'tells-about-itself')
  assert.deepEqual(readdirSync(stateRoot), ['tells-about-itself'])
  assert.deepEqual(readdirSync(join(stateDir, 'releases')), [])
  assert.ok(!existsSync(join(stateDir, 'parent.lock')))
  assert.ok(!existsSync(join(stateDir, 'control.sock')))
  const app = await startApp(t, archive, { stateRoot })
  assert.equal(await get(app.port, '/'), '1.0.0')
})

test('a file that is no socket is not taken for a stale one: it stays', async t => {
  const path = join(tempDir(t), 'notes.txt')
  writeFileSync(path, 'do not delete')
  const args = ['start', await pack(t, '1.0.0'), '--path', path, '--state-dir', tempDir(t), '--json']
  const error = errorOf(await run(t, args))
  assert.equal(error.code, 'endpoint_unavailable')
  assert.match(error.message, /cannot hold .*notes\.txt: .*something else has that name/)
  assert.equal(readFileSync(path, 'utf8'), 'do not delete')
})

test('a Unix socket that a killed parent has left does not stand in the way of the next start', async t => {
  const path = join(tempDir(t), 'app.sock')
  const first = await start(t, ['--path', path], {})
  process.kill(first.pid, 'SIGKILL')
  await untilGone(first.pid)
  assert.ok(existsSync(path))
  const again = await start(t, ['--path', path], {}, first.stateRoot)
  assert.deepEqual(again.endpoints, [path])
  assert.equal(await getFrom(path), '1.0.0')
})

for (const [what, path, message] of [
  ['in a folder that is not there', '/nowhere/app.sock', /its folder is not there/],
  ['with a name too long for a socket', `/tmp/${'x'.repeat(120)}`, /its path is too long for a socket/],
] as const)
  test(`a Unix socket ${what} is refused`, async t => {
    const args = ['start', await pack(t, '1.0.0'), '--path', path, '--state-dir', tempDir(t), '--json']
    const error = errorOf(await run(t, args))
    assert.equal(error.code, 'endpoint_unavailable')
    assert.match(error.message, message)
  })

test('of two ports, the free one is let go when the other is taken', async t => {
  const [free, taken] = [await freePort(), await occupiedPort(t)]
  const ports = ['--port', String(free), '--port', String(taken)]
  const archive = await pack(t, '1.0.0')
  const error = errorOf(await run(t, ['start', archive, ...ports, '--state-dir', tempDir(t), '--json']))
  assert.equal(error.code, 'endpoint_unavailable')
  const server = net.createServer().listen(free)
  t.after(() => server.close())
  await until(() => server.listening)
})

interface Started {
  pid: number
  endpoints: string[]
  stateRoot: string
}

/** `beam-deploy start` with exactly these options; its environment declares no endpoint but what `env` does. */
async function start(
  t: TestContext,
  args: string[],
  env: NodeJS.ProcessEnv,
  stateRoot = tempDir(t),
): Promise<Started> {
  const archive = await pack(t, '1.0.0')
  const parent = launch(t, ['start', archive, ...args, '--state-dir', stateRoot], {
    PORT: '',
    HOST: '',
    ...env,
  })
  t.after(() => parent.signal('SIGTERM'))
  const { endpoints } = await until(async () => {
    const { code, stdout } = await beam(['status', '--state-dir', stateRoot, '--json'])
    const status = JSON.parse(stdout) as { state: string; endpoints: string[] }
    return code === 0 && status.state === 'serving' && status
  })
  return { pid: parent.pid, endpoints, stateRoot }
}

function getFrom(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get({ socketPath, path: '/', agent: false }, response => {
        response.setEncoding('utf8').on('data', resolve).on('error', reject)
      })
      .on('error', reject)
  })
}

function occupiedPort(t: TestContext): Promise<number> {
  return new Promise(resolve => {
    const server = net.createServer().listen(0, () => resolve((server.address() as net.AddressInfo).port))
    t.after(() => server.close())
  })
}
