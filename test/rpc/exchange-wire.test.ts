import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import type { Duplex, Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createFrameReader } from '../../src/rpc/frames.ts'
import { notesOf } from '../parent/support.ts'
import { type Behaviour, layOutRunner, runCode } from '../support/run-code.ts'

const PRELOAD = fileURLToPath(new URL('../../dist/preload.cjs', import.meta.url))

/**
 * What the first version that carried values says to a peer, and hears of it, word by word. Do not change: a parent runs for months,
 * while a later version of the preload may find it.
 */
const IDENTITY = (port: number) =>
  `{"protocol":1,"app":"runs-code","generation":7,"slot":1,"endpoints":[{"kind":"tcp","fd":6,"host":"127.0.0.1","port":${port},"family":"IPv4"}],"shutdownTimeout":30000,"releaseFd":4,"exchangeFd":5,"spare":false}`
const RELEASE = (dir: string) =>
  `{"id":"1.0.0-0123456789ab","version":"1.0.0","dir":${JSON.stringify(dir)},"entry":"server.js","compileCache":null}`
const envelope = (message: object) => ({ beamDeploy: 1, message })
const bytes = (text: string) => new TextEncoder().encode(text)

/** A frame, written by hand: its mark, lengths, text, and what `{"$bytes":n}` stands for. */
function frame(message: string, ...binary: string[]): Buffer {
  const text = `{"beamDeploy":1,"message":${message}}`
  const rest = binary.join('')
  const header = Buffer.from('BD\0\0\0\0\0\0\0\0\0\0')
  header.writeUInt32BE(text.length, 2)
  header.writeUInt32BE(rest.length, 8)
  return Buffer.concat([header, Buffer.from(text + rest)])
}
const standIns = (...parts: string[]) => `[${parts.map(({ length }) => `{"$bytes":${length}}`).join()}]`

test('a peer leaves and takes values, is called and hands over, as the first version did it', async t => {
  const { child, wire, next, port, dir } = startPeer(t, {
    boot: `({ beam }) => beam.expose({ add: (a, b) => a + b })`,
    afterCutover: `(result, { note }) => note('after ' + result)`,
    beforeCutover: `incoming => 'to ' + incoming.id`,
  })
  const answer = (id: string, ...parts: string[]) =>
    wire.write(frame(`{"t":"s","i":"${id}","r":${standIns(...parts)}}`, ...parts))

  const ready = once(child, 'message')
  ;(child.stdio[4] as Writable).end(RELEASE(dir))
  assert.deepEqual(await next(), { m: 'open', a: [], t: 'q' })
  assert.deepEqual((await ready)[0], envelope({ m: 'ready', a: [], t: 'q' }))
  const accepted = once(child, 'message')
  child.send(envelope({ m: 'accept', a: [], t: 'q', i: 'one' }))
  await accepted

  await runCode(
    port,
    `const { subscribe } = await import('node:diagnostics_channel')
    subscribe('beam-deploy:drain:start', ({ generation }) => note('drains ' + generation))`,
  )
  child.send(
    envelope({ m: 'events', a: [[{ name: 'beam-deploy:drain:start', message: { generation: 6 } }]], t: 'q' }),
  )

  const put = runCode(port, `await beam.putHandoff('a', Buffer.from('abc'))`)
  const { i: putId, ...putCall } = await next()
  assert.deepEqual(putCall, {
    m: 'putHandoff',
    a: [[['a', [bytes('1[["Buffer",1],1]'), bytes('abc')]]]],
    t: 'q',
  })
  wire.write(frame(`{"t":"s","i":"${putId}"}`))
  assert.deepEqual(await put, {})

  const taken = runCode(port, `return String((await beam.getHandoff('b')).get('buffer'))`)
  const { i: getId, ...getCall } = await next()
  assert.deepEqual(getCall, { m: 'getHandoff', a: ['b'], t: 'q' })
  answer(String(getId), '1[["Map",1,2],"buffer",["Buffer",3],1]', 'xyz')
  assert.deepEqual(await taken, { value: 'xyz' })

  wire.write(
    frame(`{"t":"q","i":"two","m":"call","a":["add",${standIns('1[[1,2],40,2]')}]}`, '1[[1,2],40,2]'),
  )
  assert.deepEqual(await next(), { t: 's', i: 'two', r: [bytes('1[{"returned":1},42]')] })
  wire.write(
    frame(`{"t":"q","i":"three","m":"afterCutover","a":[${standIns('1["before"]')}]}`, '1["before"]'),
  )
  assert.deepEqual(await next(), { t: 's', i: 'three' })
  assert.deepEqual(notesOf(join(dir, 'notes')), ['1.0.0 drains 6', '1.0.0 after before'])

  const ended = once(child, 'exit')
  child.send(envelope({ m: 'drain', a: [true], t: 'q' }))
  const { i: relativesId, ...relativesCall } = await next()
  assert.deepEqual(relativesCall, { m: 'relatives', a: [], t: 'q' })
  const incoming = '{"id":"8.1","pid":1,"generation":8,"slot":1,"release":{"id":"2.0.0-0","version":"2.0.0"}}'
  wire.write(
    frame(`{"t":"s","i":"${relativesId}","r":{"active":${incoming},"incoming":${incoming},"outgoing":null}}`),
  )
  const { i: lastId, ...last } = await next()
  assert.deepEqual(last, { m: 'handOver', a: [[bytes('1["to 8.1"]')], null], t: 'q' })
  wire.write(frame(`{"t":"s","i":"${lastId}"}`))
  assert.deepEqual(await ended, [0, null])
})

function startPeer(t: TestContext, behaviour: Behaviour) {
  const dir = layOutRunner(t, '1.0.0', behaviour)
  const socket = new net.BoundSocket({ port: 0, host: '127.0.0.1' })
  t.after(() => socket.close())
  const { port } = socket.address() as net.AddressInfo
  const child = spawn(process.execPath, ['--require', PRELOAD, join(dir, 'server.js')], {
    cwd: dir,
    env: { ...process.env, NOTES: join(dir, 'notes'), PORT: String(port), BEAM_DEPLOY_PEER: IDENTITY(port) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe', 'pipe', socket.fd()],
    serialization: 'json',
  })
  t.after(() => child.kill('SIGKILL'))
  const wire = (child.stdio as unknown[])[5] as Duplex
  return { child, wire, next: messagesOf(wire), port, dir }
}

/** The messages that come in frames, one at a time. */
function messagesOf(stream: Duplex): () => Promise<Record<string, unknown>> {
  const received: Record<string, unknown>[] = []
  let wake: () => void = () => undefined
  stream.on(
    'data',
    createFrameReader(envelope => {
      received.push((envelope as { message: Record<string, unknown> }).message)
      wake()
    }),
  )
  return async () => {
    for (;;) {
      const message = received.shift()
      if (message) return message
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}
