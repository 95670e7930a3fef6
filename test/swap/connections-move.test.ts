import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startApp } from '../support/beam.ts'
import { get, oneConnection, post, type Request } from '../support/one-connection.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const CLIENTS = 200

for (const [peers, swaps] of [
  [1, 50],
  [2, 10],
] as const) {
  test(`${CLIENTS} keep-alive clients through ${swaps} swaps, ${peers} peer(s): no connection is closed, each request is answered once`, async t => {
    const { app, archives, notes } = await prepare(t, ['--peers', String(peers)])
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) => runClient(app.port, index)),
    )
    t.after(() => {
      for (const { connection } of clients) connection.close()
    })
    for (let swap = 1; swap <= swaps; swap += 1) {
      const version = `${(swap % 2) + 1}.0.0`
      const { release } = await app.upgrade(archives[swap % 2] ?? '')
      assert.equal(release.version, version)
      // Each of them is where the new release is, on the connection that it has had from the beginning.
      await Promise.all(clients.map(client => client.answeredBy(version)))
    }
    for (const client of clients) client.stop()
    await Promise.all(clients.map(client => client.ended))
    assert.deepEqual(
      clients.flatMap(({ failures }) => failures),
      [],
      app.output(),
    )
    assert.deepEqual(
      clients.map(({ connection }) => connection.end()),
      Array(CLIENTS).fill(null),
    )
    for (const { connection } of clients) connection.close()
    await app.stop()
    const asked = clients.reduce((sum, client) => sum + client.asked(), 0)
    const answered = notes().reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)
    assert.equal(answered, asked)
    t.diagnostic(`${asked} requests`)
  })
}

async function prepare(t: TestContext, args: string[]) {
  const file = join(tempDir(t), 'notes')
  const archives = await Promise.all(['1.0.0', '2.0.0'].map(version => packApp(t, 'moving-app', { version })))
  const app = await startApp(t, archives[0] ?? '', { args, env: { NOTES: file } })
  return { app, archives, notes: () => readFileSync(file, 'utf8').trim().split('\n') }
}

/** One of three kinds: request after request, uploads in two parts, several requests at once. */
async function runClient(port: number, index: number) {
  const connection = await oneConnection(port)
  const failures: string[] = []
  let asked = 0
  let running = true
  let told: { version: string; resolve(): void; reject(error: Error): void } | null = null
  const batch = (): Request[] => {
    const path = `/${index}/${asked}`
    if (index % 3 === 0) return [get(path)]
    if (index % 3 === 1) return [post(path, 'body '.repeat(200))]
    return Array.from({ length: 5 }, (_, place) =>
      place === 2 ? post(`${path}/${place}`, 'more') : get(`${path}/${place}`),
    )
  }
  const run = async () => {
    while (running) {
      const requests = batch()
      asked += requests.length
      const answers = await connection.ask(requests)
      if (answers.some(answer => answer.connection === 'close')) throw new Error('told to close')
      if (told && answers.at(-1)?.version === told.version) told.resolve()
      await delay(200 + (index % 10) * 40)
    }
  }
  const ended = run().catch((error: Error) => {
    failures.push(`client ${index}: ${error.message}`)
    told?.reject(error)
  })
  return {
    connection,
    failures,
    ended,
    asked: () => asked,
    answeredBy: (version: string) =>
      new Promise<void>((resolve, reject) => {
        const [failure] = failures
        if (failure !== undefined) reject(new Error(failure))
        told = { version, resolve, reject }
      }),
    stop: () => {
      running = false
    },
  }
}
