import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { about, errorOf, pack, run, until } from './support.ts'

test('state folder and control socket are for their owner alone', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { stateRoot: join(tempDir(t), 'state') })
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
  assert.equal(mode(app.stateRoot), '700')
  assert.equal(mode(app.stateDir), '700')
  assert.equal(mode(join(app.stateDir, 'control.sock')), '600')
})

test('a second parent of an application is refused with the process id of the first', async t => {
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive)
  const before = readdirSync(app.stateDir)
  const port = String(await freePort())
  const args = ['start', archive, '--port', port, '--state-dir', app.stateRoot, '--json']
  const error = errorOf(await run(t, args))
  assert.equal(error.code, 'already_running')
  assert.match(
    error.message,
    new RegExp(`tells-about-itself is running already, with process id ${app.pid} .*beam-deploy upgrade`),
  )
  assert.deepEqual(readdirSync(app.stateRoot), ['tells-about-itself'])
  assert.deepEqual(readdirSync(app.stateDir), before)
  assert.equal((await about(app.port)).version, '1.0.0')
  assert.equal((await app.status()).pid, app.pid)
})

test('a state folder whose path is too long for a socket is refused, and nothing is left', async t => {
  const stateRoot = join(tempDir(t), 'x'.repeat(100))
  mkdirSync(stateRoot)
  const args = ['--port', String(await freePort()), '--state-dir', stateRoot, '--json']
  const error = errorOf(await run(t, ['start', await pack(t, '1.0.0'), ...args]), 2)
  assert.equal(error.code, 'invalid_option')
  assert.match(error.message, /too long for a socket.*has \d+ bytes, \d+ are allowed.*--state-dir/)
  for (const left of readdirSync(stateRoot))
    assert.deepEqual(readdirSync(join(stateRoot, left, 'releases')), [])
})

for (const [name, bytes] of [
  ['text', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x00, 0x0a])],
  [
    'JSON that is no message',
    'null\n5\n"text"\n[]\n{}\n{"t":"q"}\n{"e":null}\n{"t":"s","e":null}\n{"t":"s","e":7}\n',
  ],
  [
    'calls of what is not offered',
    ['cleanup', '__proto__', 'constructor', 'toString', '']
      .map(method => `${JSON.stringify({ t: 'q', i: 'x', m: method, a: [] })}\n`)
      .join(''),
  ],
  [
    'calls with wrong arguments',
    ['null', '5', '[]', '[null]', '[{"path":5}]', '[{"path":null}]']
      .map(args => `{"t":"q","i":"x","m":"upgrade","a":${args}}\n`)
      .join(''),
  ],
  ['a line without end', 'x'.repeat(3 * 1024 * 1024)],
] as const) {
  test(`a process that sends ${name} to the control socket disturbs nobody`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'))
    const { pid } = await about(app.port)
    const socket = net.connect(join(app.stateDir, 'control.sock'))
    t.after(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.resume()
    const over = new Promise(resolve => socket.once('close', resolve))
    await new Promise(resolve => socket.write(bytes, resolve))
    socket.end()
    await over
    const status = await until(async () => {
      const now = await app.status()
      return now.state === 'serving' && now
    })
    assert.equal(status.pid, app.pid)
    assert.equal((await about(app.port)).pid, pid)
    assert.equal((await app.upgrade(await pack(t, '2.0.0'))).release.version, '2.0.0')
  })
}

test('a command that asks for an upgrade and is gone before the answer leaves the parent well', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { pid } = await about(app.port)
  const failures = (count: number) =>
    until(async () => {
      const { history, state } = await app.status()
      return state === 'serving' && history.filter(({ outcome }) => outcome === 'failed').length === count
    })
  await hangUpAfter(t, app.stateDir, { t: 'q', i: '1', m: 'upgrade', a: [{ path: '/nowhere' }] })
  await failures(1)
  await hangUpAfter(t, app.stateDir, { t: 'q', i: '2', m: 'rollback', a: [] })
  await failures(2)
  await hangUpAfter(t, app.stateDir, { t: 'q', i: '3', m: 'status', a: [] })
  assert.equal((await about(app.port)).pid, pid)
  assert.deepEqual(await app.upgrade(await pack(t, '2.0.0')).then(({ release }) => release.version), '2.0.0')
})

function hangUpAfter(t: TestContext, stateDir: string, message: object): Promise<void> {
  const socket = net.connect(join(stateDir, 'control.sock'))
  t.after(() => socket.destroy())
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => resolve())
    socket.write(`${JSON.stringify(message)}\n`, () => socket.destroy())
  })
}
