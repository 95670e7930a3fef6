import assert from 'node:assert/strict'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseListenArguments } from '../../src/peer/listen-arguments.ts'
import { freePort } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

const callback = () => undefined
const { signal } = new AbortController()

test('what listen() means is read as Node.js reads it', async t => {
  const port = await freePort()
  const path = join(tempDir(t), 'socket')
  const cases: unknown[][] = [
    [],
    [callback],
    [undefined],
    [null, callback],
    [0],
    ['0', callback],
    [port],
    [String(port)],
    [` ${port} `],
    [`0x${port.toString(16)}`],
    [port, callback],
    [port, undefined, callback],
    [port, null, 10, callback],
    [port, '127.0.0.1'],
    [port, '127.0.0.1', callback],
    [port, '127.0.0.1', 10, callback],
    [port, 10, callback],
    [{ port }],
    [{ port: String(port), host: '127.0.0.1', backlog: 10 }, callback],
    [{ port, host: undefined, path: '' }],
    [{ port, path }],
    [{ port, signal, exclusive: true }],
    [{ port: undefined, host: '127.0.0.1' }],
    [{ port: null }],
    [path],
    [path, callback],
    [path, 10, callback],
    [{ path }],
    [{ path, readableAll: true }, callback],
    [{}],
    [{ host: '127.0.0.1' }],
    [-1],
    [65_536],
    ['65536'],
    [3.5],
    ['3.5'],
    [Number.NaN],
    [''],
    [{ port: '' }],
    [{ port: -1 }],
    [{ path: 1 }],
    [true],
    [{ fd: -1 }],
    [Symbol('port')],
  ]
  for (const args of cases) {
    const { target } = parseListenArguments(args)
    const actual = await listenFor(t, args)
    switch (target.kind) {
      case 'port':
        assert.equal(actual.kind, 'port', String(args))
        if (target.port !== 0) assert.equal(actual.port, target.port)
        else assert.notEqual(actual.port, port)
        if (target.host !== undefined) assert.equal(actual.host, target.host)
        break
      case 'path':
        // A path that cannot be bound was understood as one.
        assert.deepEqual(actual, { kind: 'path', path: target.path })
        break
      case 'other':
        // Ours to leave alone: Node.js refuses it, or chooses a port itself.
        assert.notEqual(actual.port, port)
        assert.notEqual(actual.kind, 'path')
    }
  }
})

test('callback, backlog and signal are found wherever they stand', () => {
  for (const args of [
    [80, '::', 7, callback],
    [80, 7, callback],
    [80, undefined, 7, callback],
    ['/path', 7, callback],
    [{ port: 80, backlog: 7 }, callback],
    [{ port: 80 }, 7, callback],
  ]) {
    const parsed = parseListenArguments(args)
    assert.equal(parsed.backlog, 7)
    assert.equal(parsed.callback, callback)
  }
  assert.equal(parseListenArguments([callback]).callback, callback)
  assert.equal(parseListenArguments([80, callback, undefined]).callback, undefined)
  assert.equal(parseListenArguments([{ port: 80, signal }]).signal, signal)
  assert.equal(parseListenArguments([80, '::']).backlog, undefined)
})

interface Actual {
  kind: 'port' | 'path' | 'refused'
  port?: number
  host?: string
  path?: string
}

/** What Node.js itself does with these arguments. */
async function listenFor(t: TestContext, args: unknown[]): Promise<Actual> {
  const server = net.createServer()
  t.after(() => server.close())
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve)
      server.once('error', reject)
      Reflect.apply(server.listen, server, args)
    })
  } catch (error) {
    const { address } = error as { address?: unknown }
    return typeof address === 'string' ? { kind: 'path', path: address } : { kind: 'refused' }
  }
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (typeof address === 'string') return { kind: 'path', path: address }
  return { kind: 'port', port: address?.port ?? -1, host: address?.address ?? '' }
}
