import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { type TestContext, test } from 'node:test'
import { trackConnections } from '../../src/peer/connections.ts'
import { drain } from '../../src/peer/drain.ts'
import { moveConnections } from '../../src/peer/moving.ts'
import type { TransferOutcome } from '../../src/rpc/transfer.ts'
import { get, type OneConnection, oneConnection, textOf } from '../support/one-connection.ts'

/** A move that was begun, until the test says what becomes of it. */
interface Begun {
  socket: net.Socket
  end(outcome: TransferOutcome): void
}

/** A peer that drains in this process; connections go where the test has them go. */
async function prepare(t: TestContext, count: number) {
  const connections = trackConnections()
  const waiting = new Map<string, () => void>()
  const arrived = new Map<string, PromiseWithResolvers<void>>()
  const arrivalOf = (path: string) => {
    const arrival = arrived.get(path) ?? Promise.withResolvers<void>()
    arrived.set(path, arrival)
    return arrival
  }
  // Answers with the form that `oneConnection` knows, a path with `wait` when the test says so.
  const server = http.createServer((request, response) => {
    const path = request.url ?? ''
    const answer = () => {
      response.setHeader('x-version', 'old')
      response.end(`old GET ${path} ${EMPTY}`)
    }
    if (path.includes('wait')) waiting.set(path, answer)
    else answer()
    arrivalOf(path).resolve()
  })
  server.keepAliveTimeout = 60_000
  connections.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const clients: OneConnection[] = []
  const abort = new AbortController()
  t.after(() => {
    for (const client of clients) client.close()
    abort.abort()
    server.close()
    server.closeAllConnections()
  })
  for (let index = 0; index < count; index += 1) {
    const client = await oneConnection(port)
    clients.push(client)
    await client.ask([get(`/${index}`)])
  }
  const begun: Begun[] = []
  let tell: () => void = () => undefined
  const underWay = new Set<net.Socket>()
  const moving = moveConnections(connections, {
    isServed: () => true,
    isUnderWay: socket => underWay.has(socket),
    move: async ({ socket }) => {
      underWay.add(socket)
      const outcome = await new Promise<TransferOutcome>(end => {
        begun.push({ socket, end })
        tell()
      })
      underWay.delete(socket)
      if (outcome.taken) socket.destroy()
      return outcome
    },
  })
  return {
    clients,
    begun,
    drained: () => drain(connections, { signal: abort.signal, awaitUpgraded: true, moving }),
    arrival: (path: string) => arrivalOf(path).promise,
    answer: (path: string) => waiting.get(path)?.(),
    untilBegun: async (total: number) => {
      while (begun.length < total)
        await new Promise<void>(resolve => {
          tell = resolve
        })
    },
  }
}

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const TAKEN: TransferOutcome = { taken: true }
const REFUSED: TransferOutcome = { taken: false, reason: 'the test wants it' }

test('a few at a time are on their way, and the drain ends with the last', async t => {
  const { begun, drained, untilBegun } = await prepare(t, 40)
  const end = drained()
  await untilBegun(16)
  let ended = 0
  while (ended < 40) {
    assert.ok(begun.length - ended <= 16)
    begun[ended]?.end(TAKEN)
    ended += 1
    await untilBegun(Math.min(40, ended + 16))
  }
  assert.equal(new Set(begun.map(({ socket }) => socket)).size, 40)
  await end
})

test('a connection that waits for its turn is served meanwhile, and moved when that is answered', async t => {
  const { begun, clients, drained, untilBegun, arrival, answer } = await prepare(t, 17)
  void drained()
  await untilBegun(16)
  const [last] = clients.slice(16)
  assert.ok(last)
  const asked = last.ask([get('/wait')])
  await arrival('/wait')
  for (const { end } of begun) end(TAKEN)
  // Its turn has come, and it is not idle: the next search finds nobody else.
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(begun.length, 16)
  answer('/wait')
  const [given] = await asked
  assert.equal(given?.connection, 'keep-alive')
  await untilBegun(17)
  begun[16]?.end(TAKEN)
})

test('half a request that comes while a connection waits for its turn is not lost', async t => {
  const { begun, clients, drained, untilBegun, arrival } = await prepare(t, 18)
  void drained()
  await untilBegun(16)
  const [half, whole] = clients.slice(16)
  assert.ok(half && whole)
  const text = textOf(get('/half'))
  half.write(text.slice(0, 9))
  // What comes on another connection afterwards has been read later.
  await whole.ask([get('/whole')])
  await arrival('/whole')
  for (const { end } of begun) end(TAKEN)
  await untilBegun(17)
  begun[16]?.end(TAKEN)
  half.write(text.slice(9))
  assert.equal((await half.answer(get('/half'))).connection, 'keep-alive')
  await untilBegun(18)
  begun[17]?.end(TAKEN)
})

test('a connection that is refused is served on, and told to close', async t => {
  const { begun, clients, drained, untilBegun } = await prepare(t, 1)
  const end = drained()
  await untilBegun(1)
  begun[0]?.end(REFUSED)
  const [answer] = (await clients[0]?.ask([get('/after')])) ?? []
  assert.equal(answer?.connection, 'close')
  await end
  assert.equal(begun.length, 1)
})

test('a client that has begun its next request each time is told to close at last', async t => {
  const { begun, clients, drained } = await prepare(t, 1)
  const [client] = clients
  assert.ok(client)
  const next = textOf(get('/next'))
  // The first byte of the next one is there before the drain begins, and then with each request.
  const first = client.answer(get('/next'))
  client.write(next + next.slice(0, 1))
  await first
  const end = drained()
  const said: string[] = []
  while (said.at(-1) !== 'close' && said.length < 20) {
    client.write(next.slice(1) + next.slice(0, 1))
    said.push((await client.answer(get('/next'))).connection)
  }
  assert.deepEqual(said, [...Array(said.length - 1).fill('keep-alive'), 'close'])
  assert.equal(begun.length, 0)
  client.close()
  await end
})
