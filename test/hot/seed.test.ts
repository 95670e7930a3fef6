import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { get } from '../parent/support.ts'
import { freePort, startApp } from '../support/beam.ts'
import { startHotProgram } from '../support/hot-program.ts'
import { applyLoad, keepAlive, newConnections } from '../support/load.ts'
import { packApp } from '../support/pack-app.ts'
import { rawConnection } from '../support/raw-http.ts'
import { SEED_FORMATS, type SeedFormat } from '../support/seed-formats.ts'

/** A running v1, and how it becomes v2. */
interface Seed {
  port: number
  upgrade(): Promise<void>
}

async function inPeers(t: TestContext, { type, entry, files }: SeedFormat): Promise<Seed> {
  const pack = (version: 'v1' | 'v2', number: string) =>
    packApp(t, 'seed-app', { version: number, files: files(t, version), manifest: { type, main: entry } })
  const [v1, v2] = await Promise.all([pack('v1', '1.0.0'), pack('v2', '2.0.0')])
  const app = await startApp(t, v1)
  return {
    port: app.port,
    upgrade: async () => {
      const { code, stdout, stderr } = await app.command('hot-upgrade', v2)
      assert.equal(code, 0, `${stdout}${stderr}\n${app.output()}`)
    },
  }
}

async function withoutParent(t: TestContext, { type, entry, files }: SeedFormat): Promise<Seed> {
  const port = await freePort()
  const env = { PORT: String(port) }
  const packages = ['beam-deploy', 'ws']
  const program = await startHotProgram(t, files(t, 'v1'), { type, entry, env, packages })
  return {
    port,
    upgrade: async () => void (await program.upgrade(files(t, 'v2'))),
  }
}

async function openSocket(t: TestContext, port: number): Promise<{ ask(): Promise<string>; ends: string[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  t.after(() => socket.terminate())
  const ends: string[] = []
  socket.on('close', () => ends.push('closed'))
  await once(socket, 'open')
  return {
    ends,
    ask: async () => {
      socket.send('version')
      const [answer] = (await once(socket, 'message')) as [Buffer]
      return answer.toString()
    },
  }
}

/** All of the seed case. */
async function becomesV2(t: TestContext, { port, upgrade }: Seed): Promise<void> {
  const socket = await openSocket(t, port)
  const connection = await rawConnection(port)
  const seenOnConnection = async () => {
    connection.write('GET /seen HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [body] = /\{.*\}/.exec(await connection.read(/\{.*\}\}/s)) ?? []
    return JSON.parse(String(body))
  }
  const before = await seenOnConnection()
  assert.equal(before.version, 'v1')
  assert.deepEqual(before.state, { label: 'v1', previousLabel: '', migrations: 0 })
  assert.equal(await get(port, '/added'), 'nothing')
  assert.equal(await socket.ask(), 'v1')
  const loads = [newConnections, keepAlive(1)].map(kind => applyLoad(port, kind, 4))
  try {
    await Promise.all(loads.map(load => load.answeredBy('v1')))
    await upgrade()
    await Promise.all(loads.map(load => load.answeredBy('v2')))
  } finally {
    await Promise.all(loads.map(load => load.stop()))
  }
  for (const { tally } of loads) assert.deepEqual(tally.failures, [])
  const state = { label: 'v2', previousLabel: 'v1', migrations: 1 }
  assert.deepEqual(await seenOnConnection(), { ...before, version: 'v2', state })
  assert.equal(await get(port, '/added'), 'added')
  assert.equal(await socket.ask(), 'v2')
  assert.deepEqual(socket.ends, [])
}

for (const format of SEED_FORMATS) {
  test(`${format.name}: peers become v2, and keep their processes, state and connections`, async t => {
    await becomesV2(t, await inPeers(t, format))
  })

  test(`${format.name}: a program without a parent does so too`, async t => {
    await becomesV2(t, await withoutParent(t, format))
  })
}
