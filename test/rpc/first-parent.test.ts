import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { get } from '../parent/support.ts'
import { layOutApp } from '../support/pack-app.ts'
import { runCode } from '../support/run-code.ts'

const PRELOAD = fileURLToPath(new URL('../../dist/preload.cjs', import.meta.url))

/**
 * What the first version's parent says to a peer, word by word. Do not change: a parent runs for months, while the
 * application may bring newer copies of this package, and a later version of the preload may find an older parent.
 */
const IDENTITY = (port: number) =>
  `{"protocol":1,"app":"tells-about-itself","generation":7,"slot":1,"endpoints":[{"kind":"tcp","fd":5,"host":"127.0.0.1","port":${port},"family":"IPv4"}],"shutdownTimeout":30000,"releaseFd":4}`
const RELEASE = (dir: string) =>
  `{"id":"1.0.0-0123456789ab","version":"1.0.0","dir":${JSON.stringify(dir)},"entry":"server.js","compileCache":null}`
const envelope = (message: object) => ({ beamDeploy: 1, message })

test('a peer understands what the parent of the first version says, from its start to its end', async t => {
  const { child, messages, port, dir } = startPeer(t)
  ;(child.stdio[4] as Writable).end(RELEASE(dir))

  assert.deepEqual(await messages.next(), envelope({ m: 'ready', a: [], t: 'q' }))
  child.send(envelope({ m: 'accept', a: [], t: 'q', i: 'one' }))
  assert.deepEqual(await messages.next(), envelope({ t: 's', i: 'one', r: undefined }))
  const { cwd, env } = JSON.parse(await get(port, '/about'))
  assert.deepEqual([cwd, env.BEAM_DEPLOY_PEER], [realpathSync(dir), undefined])

  child.send(envelope({ m: 'load', a: [], t: 'q', i: 'two' }))
  const { message } = (await messages.next()) as { message: object }
  assert.partialDeepStrictEqual(message, { t: 's', i: 'two', r: { connections: 0, inFlight: 0 } })
  child.send(envelope({ m: 'drain', a: [], t: 'q' }))
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('the first version carries no values: an application that wants to leave one is told so', async t => {
  const { child, messages, port, dir } = startPeer(t, 'runs-code', '1.0.0')
  ;(child.stdio[4] as Writable).end(RELEASE(dir))
  assert.deepEqual(await messages.next(), envelope({ m: 'ready', a: [], t: 'q' }))
  child.send(envelope({ m: 'accept', a: [], t: 'q', i: 'one' }))
  await messages.next()
  const { error } = await runCode(port, `await beam.putHandoff('a', 1)`)
  assert.equal(error?.code, 'incompatible_protocol')
  assert.match(error?.message ?? '', /carries no values between processes\. Restart it/)
})

test('a peer that is told no release ends', async t => {
  const { child } = startPeer(t)
  ;(child.stdio[4] as Writable).end()
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

function startPeer(t: TestContext, fixture = 'tells-about-itself', version = '1.0.0') {
  const dir = layOutApp(t, fixture, { version })
  const socket = new net.BoundSocket({ port: 0, host: '127.0.0.1' })
  t.after(() => socket.close())
  const { port } = socket.address() as net.AddressInfo
  const child = spawn(process.execPath, ['--require', PRELOAD, join(dir, 'server.js')], {
    cwd: dir,
    env: { ...process.env, PORT: String(port), BEAM_DEPLOY_PEER: IDENTITY(port) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe', socket.fd()],
    serialization: 'advanced',
  })
  t.after(() => child.kill('SIGKILL'))
  return { child, messages: messagesOf(child), port, dir }
}

/** The messages of a process, one at a time. */
function messagesOf(child: ChildProcess): { next(): Promise<unknown> } {
  const received: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  child.on('message', message => {
    const next = waiting.shift()
    if (next) next(message)
    else received.push(message)
  })
  return {
    next: async () =>
      received.length > 0 ? received.shift() : new Promise<unknown>(resolve => waiting.push(resolve)),
  }
}
