import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { holdReading, withoutServer } from '../../src/rpc/hold-reading.ts'

/** A client and what a server accepted of it. */
async function connection(t: TestContext, server: net.Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [net.Socket]
  t.after(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  return { client, accepted }
}

/** Resolves when the kernel has what was written, and this process has had the time to read it. */
async function written(client: net.Socket, text: string): Promise<void> {
  await new Promise(resolve => client.write(text, resolve))
  // What a server of this process answers on another connection was sent later.
  const other = net.createServer(socket => socket.end('read'))
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const probe = net.connect((other.address() as net.AddressInfo).port, '127.0.0.1')
  await once(probe.resume(), 'end')
  other.close()
}

test('nothing is read from a held socket, whatever is done to it, and all of it afterwards', async t => {
  const { client, accepted } = await connection(t, net.createServer())
  const goOn = holdReading(accepted)
  let text = ''
  accepted.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  accepted.pause()
  accepted.resume()
  await written(client, 'while held')
  assert.equal(accepted.bytesRead, 0)
  assert.equal(text, '')
  goOn()
  await written(client, ', and after')
  assert.equal(text, 'while held, and after')
})

test('nor by an HTTP server, whose parser reads past the stream', async t => {
  const server = http.createServer((request, response) => void response.end(request.url))
  const { client, accepted } = await connection(t, server)
  const goOn = holdReading(accepted)
  accepted.pause()
  accepted.resume()
  await written(client, 'GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n')
  assert.equal(accepted.bytesRead, 0)
  goOn()
  const [answer] = await once(client, 'data')
  assert.match(String(answer), /\/held$/)
})

test('held by two, it is read from when both have let it go, in either order, and each once', async t => {
  for (const first of [0, 1] as const) {
    const { client, accepted } = await connection(t, net.createServer())
    const holds = [holdReading(accepted), holdReading(accepted)] as const
    accepted.resume()
    holds[first]()
    holds[first]()
    await written(client, 'held')
    assert.equal(accepted.bytesRead, 0)
    holds[first === 0 ? 1 : 0]()
    await once(accepted, 'data')
  }
})

test('a socket of a server is seen without it', async t => {
  const server = net.createServer()
  const { accepted } = await connection(t, server)
  const serverOf = (socket: net.Socket) => (socket as net.Socket & { server?: unknown }).server
  assert.equal(serverOf(withoutServer(accepted)), undefined)
  assert.ok(withoutServer(accepted) instanceof net.Socket)
  assert.equal(serverOf(accepted), server)
})
