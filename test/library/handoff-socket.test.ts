import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { handoffSocket, onDrain, onSocket } from '../../src/index.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

test('where there is no parent, registering does nothing, and a socket stays with a code', async () => {
  onDrain(() => assert.fail('nobody drains'))
  onSocket('any', () => assert.fail('nobody hands over'))
  await assert.rejects(handoffSocket(new net.Socket(), { kind: 'any' }), { code: 'socket_not_adopted' })
})

test('handoffSocket refuses with a code that says why, and leaves the socket as it is', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const refused = async (socket: string, meta = `{ kind: 'any' }`) => {
    const { error } = await app.run(`
      const { default: net } = await import('node:net')
      const { default: tls } = await import('node:tls')
      const server = net.createServer().listen(0)
      const open = async () => {
        const socket = net.connect(server.address().port)
        await new Promise(resolve => socket.once('connect', resolve))
        return socket
      }
      const socket = await (${socket})()
      try {
        await beam.handoffSocket(socket, ${meta})
      } finally {
        server.close()
        socket.destroy()
      }`)
    return `${error?.code}: ${error?.message}`
  }
  assert.match(await refused('open'), /^socket_not_adopted: .*Call it in onDrain/)
  assert.match(
    await refused('() => new tls.TLSSocket(new net.Socket())'),
    /^socket_not_movable: .*it is encrypted/,
  )
  for (const socket of ['() => new net.Socket().destroy()', 'async () => (await open()).end()'])
    assert.match(await refused(socket), /^socket_not_movable: .*it is not open in both directions/)
  assert.match(
    await refused(`async () => (await open()).setEncoding('utf8')`),
    /^socket_not_movable: .*setEncoding/,
  )
})

test('what goes with a socket must be cloneable; the socket is as it was', async t => {
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      boot: `async ({ beam, note }) => {
        const { default: net } = await import('node:net')
        const server = net.createServer()
        await new Promise(resolve => server.listen(0, resolve))
        const client = net.connect(server.address().port)
        const [socket] = await new Promise(resolve => server.once('connection', (...args) => resolve(args)))
        const echo = chunk => socket.write(chunk)
        socket.on('data', echo)
        beam.onDrain(async () => {
          const error = await beam.handoffSocket(socket, { kind: 'any', of: () => {} }).catch(error => error)
          note(error.code + ' ' + socket.listeners('data').includes(echo) + socket.isPaused())
          client.write('still')
          note(await new Promise(resolve => client.once('data', resolve)))
          client.destroy()
          server.close()
        })
      }`,
    }),
    packRunner(t, '2.0.0'),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  await app.untilNoted(/still/)
  assert.deepEqual(app.notes(), ['1.0.0 not_cloneable truefalse', '1.0.0 still'])
})
