import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { countAsAccepted } from '../../src/peer/count-as-accepted.ts'

test('a server counts a connection that it was given, and waits for its end to close', async t => {
  const accepting = net.createServer()
  const given = net.createServer()
  for (const server of [accepting, given]) server.listen(0, '127.0.0.1')
  await Promise.all([once(accepting, 'listening'), once(given, 'listening')])
  const client = net.connect((accepting.address() as net.AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())
  const [socket] = (await once(accepting, 'connection')) as [net.Socket]
  accepting.close()
  countAsAccepted(given, socket)
  assert.equal(await count(given), 1)
  let closed = false
  given.close(() => {
    closed = true
  })
  await new Promise(setImmediate)
  assert.equal(closed, false)
  socket.destroy()
  await once(given, 'close')
  assert.equal(await count(given), 0)
})

const count = (server: net.Server) =>
  new Promise<number>((resolve, reject) => {
    server.getConnections((error, found) => (error ? reject(error) : resolve(found)))
  })
