import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startApp } from '../support/beam.ts'
import {
  get,
  type OneConnection,
  oneConnection,
  post,
  type Request,
  textOf,
} from '../support/one-connection.ts'
import { packApp } from '../support/pack-app.ts'

const CLIENTS = 40
const SWAPS = 10
/** What a client may have asked and not have got the answer of. */
const OPEN = 20

test(`${CLIENTS} clients that do not wait for answers, and write in pieces of any length: ${SWAPS} swaps close no connection`, async t => {
  const connections: OneConnection[] = []
  let running = true
  t.after(() => {
    running = false
    for (const connection of connections) connection.close()
  })
  const archives = await Promise.all(['1.0.0', '2.0.0'].map(version => packApp(t, 'moving-app', { version })))
  const app = await startApp(t, archives[0] ?? '')
  const versions = new Set<string>()
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    const connection = await oneConnection(app.port)
    connections.push(connection)
    await runClient(connection, index, () => running, versions)
  })
  const all = Promise.all(clients)
  all.catch(() => undefined)
  for (let swap = 1; swap <= SWAPS; swap += 1) {
    await Promise.race([app.upgrade(archives[swap % 2] ?? ''), all])
    versions.clear()
    const version = `${(swap % 2) + 1}.0.0`
    while (!versions.has(version)) await Promise.race([delay(5), all])
  }
  running = false
  await all
})

/** Ends when it is not to go on, and everything is answered. */
async function runClient(
  connection: OneConnection,
  index: number,
  isRunning: () => boolean,
  versions: Set<string>,
): Promise<void> {
  const chance = chances(index + 1)
  const open: Request[] = []
  const write = async () => {
    for (let asked = 0; isRunning(); asked += 1) {
      while (open.length >= OPEN && isRunning()) await delay(5)
      const path = `/${index}/${asked}`
      const request = chance() < 0.5 ? get(path) : post(path, 'x'.repeat(Math.floor(chance() * 3_000)))
      open.push(request)
      for (let text = textOf(request); text !== ''; ) {
        const length = chance() < 0.3 ? text.length : Math.ceil(chance() * text.length)
        connection.write(text.slice(0, length))
        text = text.slice(length)
        if (chance() < 0.3) await delay(chance() * 8)
      }
      if (chance() < 0.3) await delay(chance() * 60)
    }
  }
  const read = async () => {
    for (;;) {
      const [request] = open
      if (!request && !isRunning()) return
      if (!request) await delay(5)
      else {
        const { version, connection: said } = await connection.answer(request)
        assert.equal(said, 'keep-alive')
        versions.add(version)
        open.shift()
      }
    }
  }
  await Promise.all([write(), read()])
}

/** Numbers from 0 to 1, the same for each run. */
function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
