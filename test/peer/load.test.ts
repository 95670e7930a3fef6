import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Connections, trackConnections } from '../../src/peer/connections.ts'
import { describeHeld } from '../../src/rpc/describe-load.ts'
import { until } from '../parent/support.ts'

async function listen(t: TestContext, connections: Connections, server: net.Server): Promise<number> {
  connections.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function connect(t: TestContext, port: number, text = ''): net.Socket {
  const socket = net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(text)
  return socket
}

test('every open connection is counted by what it is, and the request that has waited longest is named', async t => {
  const connections = trackConnections()
  const web = http.createServer((request, response) => {
    if (request.url === '/now') response.end('now')
  })
  web.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  const multi = http2.createServer()
  multi.on('stream', stream => void stream.respond())
  const webPort = await listen(t, connections, web)
  const multiPort = await listen(t, connections, multi)
  const rawPort = await listen(t, connections, net.createServer())

  const requests = (...paths: string[]) =>
    paths.map(path => `POST ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('')
  await once(connect(t, webPort, requests('/now')), 'data')
  const session = http2.connect(`http://127.0.0.1:${multiPort}`)
  t.after(() => session.destroy())
  session.request({ ':path': '/first' })
  await until(() => connections.load().inFlight === 1)
  session.request({ ':path': '/second' })
  connect(t, webPort, requests(`/${'long'.repeat(100)}`))
  connect(t, rawPort)
  const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
  await once(connect(t, webPort, upgrade), 'data')
  await until(() => connections.load().connections === 5 && connections.load().inFlight === 3)

  const { oldest, ...counts } = connections.load()
  assert.deepEqual(counts, {
    connections: 5,
    inFlight: 3,
    kinds: {
      http1Idle: 1,
      http1InFlight: 1,
      http2Sessions: 1,
      http2Streams: 2,
      upgraded: 1,
      raw: 1,
      handshakes: 0,
    },
  })
  assert.deepEqual([oldest?.method, oldest?.path], ['GET', '/first'])
  assert.equal(
    describeHeld({ ...connections.load(), stage: 'processes' }),
    '3 requests in flight (GET /first for 0 s), 1 idle connection, 1 HTTP/2 session, 1 WebSocket, 1 TCP connection, stateful processes on their way',
  )
  session.destroy()
  await until(() => connections.load().inFlight === 1)
  assert.match(String(connections.load().oldest?.path), /^\/(long){29}lon…$/)
})

test('what an older parent tells is told, too', () => {
  assert.equal(describeHeld({ connections: 2, inFlight: 1 }), '1 request in flight, 2 connections')
  assert.equal(describeHeld({ connections: 0, inFlight: 0 }), 'nothing open')
  assert.equal(describeHeld(null), 'load unknown')
})

test('leases that a peer has not let go are told by their names', () => {
  const load = { connections: 1, inFlight: 0, stage: 'processes' } as const
  assert.equal(describeHeld({ ...load, leases: ['cron', 'queue'] }), '1 connection, the leases cron, queue')
  assert.equal(describeHeld({ ...load, leases: ['cron'] }), '1 connection, the lease cron')
})
