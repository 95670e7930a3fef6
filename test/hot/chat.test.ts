import assert from 'node:assert/strict'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { freePort } from '../support/beam.ts'
import { chatSources } from '../support/chat-sources.ts'
import { startHotProgram } from '../support/hot-program.ts'
import { applyLoad, keepAlive, newConnections } from '../support/load.ts'
import { compile } from '../support/seed-formats.ts'

const UPGRADES = 20

/** What the pool of the application connects to: it gives back what it gets. */
async function startBackend(t: TestContext): Promise<{ port: number; connections(): number }> {
  let connections = 0
  const server = net.createServer(socket => {
    connections += 1
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  t.after(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return { port, connections: () => connections }
}

interface Seen {
  n: number
  messages: number
  rooms: number
  made: number
  timers: number
  used: [number, number]
  versions: string[]
}

for (const type of ['module', 'commonjs'] as const) {
  test(`${type}: a chat server keeps its rooms, pool, counter and interval through ${UPGRADES} upgrades under load`, async t => {
    const backend = await startBackend(t)
    const port = await freePort()
    const first = compile(t, chatSources('v1'), type === 'module' ? 'esnext' : 'commonjs')
    const env = { PORT: String(port), BACKEND: String(backend.port) }
    const program = await startHotProgram(t, first, { type, env })
    const seen = () => program.run<Seen>(`return (await load('./app.js')).seen()`)
    const before = await seen()
    const loads = [newConnections, keepAlive(2)].map(kind => applyLoad(port, kind, 3))
    try {
      await Promise.all(loads.map(load => load.answeredBy('v1')))
      for (let version = 2; version <= UPGRADES + 1; version += 1) {
        await program.upgrade({ 'app.js': String(first['app.js']).replaceAll('v1', `v${version}`) })
        await Promise.all(loads.map(load => load.answeredBy(`v${version}`)))
      }
    } finally {
      await Promise.all(loads.map(load => load.stop()))
    }
    const requests = loads.reduce((sum, { tally }) => sum + tally.requests, 0)
    for (const { tally } of loads) {
      assert.deepEqual(tally.failures, [], program.output())
      assert.equal(tally.answers.size, UPGRADES + 1)
    }
    const after = await seen()
    assert.equal(after.n, requests)
    assert.equal(after.messages, requests)
    assert.deepEqual(after.used, [3, requests])
    assert.equal(backend.connections(), 3)
    assert.deepEqual([after.rooms, after.made, after.timers], [1, 1, before.timers])
    assert.ok(after.versions.includes(`tick v${UPGRADES}`), String(after.versions))
  })
}
