import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { holdReading } from '../../src/rpc/hold-reading.ts'
import type { TransferOutcome } from '../../src/rpc/transfer.ts'
import { createTransfers } from '../../src/rpc/transfers.ts'

const CHILD = fileURLToPath(new URL('../fixtures/takes-sockets.ts', import.meta.url))

/** A process that takes sockets, and this end of the way to it. */
async function openEnds(t: TestContext, descriptors = 1_000) {
  const child = spawn('sh', ['-c', `ulimit -n ${descriptors} && exec "$0" "$1"`, process.execPath, CHILD], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.after(() => void child.kill())
  const transfers = createTransfers({
    post: (transfer, socket) =>
      new Promise((resolve, reject) => {
        child.send(transfer, socket, { keepOpen: true }, error => (error ? reject(error) : resolve()))
      }),
    remote: () => ({
      transferAwaited: { asEvent: async id => void child.send({ awaited: id }) },
      transferEnded: { asEvent: () => Promise.reject(new Error('nothing comes back')) },
    }),
    take: () => Promise.reject(new Error('nothing comes back')),
  })
  const ready = Promise.withResolvers<void>()
  child.on('message', message => {
    const { name, args } = message as { name: string; args: [number, TransferOutcome] }
    if (name === 'ready') ready.resolve()
    if (name === 'ended') transfers.functions.transferEnded(...args)
  })
  child.once('exit', () => transfers.close('it has ended'))
  await ready.promise
  return { child, transfers }
}

async function connections(t: TestContext, count: number) {
  const accepted: net.Socket[] = []
  const server = net.createServer(socket => void accepted.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const clients = Array.from({ length: count }, () => net.connect(port, '127.0.0.1'))
  t.after(() => {
    for (const socket of [...clients, ...accepted]) socket.destroy()
    server.close()
  })
  while (accepted.length < count) await once(server, 'connection')
  const clientOf = (socket: net.Socket) => {
    const found = clients.find(({ localPort }) => localPort === socket.remotePort)
    assert.ok(found)
    return found
  }
  return { server, pairs: accepted.map(socket => ({ accepted: socket, client: clientOf(socket) })) }
}

test('what a client sends while its socket moves comes to the new process, once and in order, behind what was read', async t => {
  const { child, transfers } = await openEnds(t)
  const { pairs, server } = await connections(t, 30)
  await Promise.all(
    pairs.map(async ({ accepted, client }, index) => {
      holdReading(accepted)
      client.write('later')
      const head = Buffer.from(`first ${index}, `).toString('base64')
      const answer = textUntil(client, 'later')
      assert.deepEqual(await transfers.send(accepted, { kind: 'echo', head }), { taken: true })
      assert.equal(accepted.bytesRead, 0)
      accepted.destroy()
      assert.equal(await answer, `${child.pid}:false:first ${index}, ${child.pid}:true:later`)
      assert.equal(client.readyState, 'open')
    }),
  )
  // Its server is done with them: it does not ask the other process.
  const left = await new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
  assert.equal(left, 0)
  server.close()
  await once(server, 'close')
})

for (const [kind, reason] of [
  ['refuse', /^not here$/],
  ['other', /^unknown kind other$/],
] as const) {
  test(`a socket that is not taken (${kind}) is read on by its sender, from the first byte`, async t => {
    const { transfers } = await openEnds(t)
    const { pairs } = await connections(t, 1)
    const [pair] = pairs
    assert.ok(pair)
    const { accepted, client } = pair
    const goOn = holdReading(accepted)
    client.write('all of it')
    const outcome = await transfers.send(accepted, { kind })
    assert.equal(outcome.taken, false)
    assert.match('reason' in outcome ? outcome.reason : '', reason)
    goOn()
    assert.equal(await textUntil(accepted, 'it'), 'all of it')
  })
}

test('a process that ends with a socket under way rejects it; what waited for its turn is refused', async t => {
  const { transfers } = await openEnds(t)
  const { pairs } = await connections(t, 20)
  const outcomes = pairs.map(({ accepted }) => transfers.send(accepted, { kind: 'die' }))
  const [first, ...others] = await Promise.allSettled(outcomes)
  assert.equal(first?.status, 'rejected')
  assert.deepEqual(others.at(-1), {
    status: 'fulfilled',
    value: { taken: false, reason: 'it has ended' },
  })
})

test('what a process has no descriptor left for is refused, and read on by its sender', async t => {
  const { transfers } = await openEnds(t, 60)
  const { pairs } = await connections(t, 80)
  const outcomes = await Promise.all(
    pairs.map(async ({ accepted, client }) => {
      const goOn = holdReading(accepted)
      client.write('later')
      const { taken } = await transfers.send(accepted, { kind: 'echo' })
      if (taken) accepted.destroy()
      else goOn()
      return { taken, text: await textUntil(taken ? client : accepted, 'later') }
    }),
  )
  const taken = outcomes.filter(outcome => outcome.taken)
  const refused = outcomes.filter(outcome => !outcome.taken)
  assert.ok(taken.length > 10 && refused.length > 10, `${taken.length} were taken`)
  for (const { text } of refused) assert.equal(text, 'later')
  for (const { text } of taken) assert.match(text, /^\d+:true:later$/)
})

test('a socket that was closed before its turn is refused', async t => {
  const { transfers } = await openEnds(t)
  const { pairs } = await connections(t, 1)
  pairs[0]?.accepted.destroy()
  assert.deepEqual(await transfers.send(pairs[0]?.accepted ?? new net.Socket(), { kind: 'echo' }), {
    taken: false,
    reason: 'it was closed',
  })
})

async function textUntil(socket: net.Socket, end: string): Promise<string> {
  let text = ''
  socket.setEncoding('utf8')
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (text.endsWith(end)) break
  }
  return text
}
