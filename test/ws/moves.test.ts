import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { begin } from './support.ts'

const CLIENTS = 100
const SWAPS = 20

test(`${CLIENTS} WebSockets go on through ${SWAPS} upgrades: no message is lost or comes twice, none is closed`, async t => {
  const { app, archives, players, notes } = await begin(t, CLIENTS)
  for (let swap = 1; swap <= SWAPS; swap += 1) {
    await app.upgrade(archives[swap % 2] ?? '')
    try {
      await until(() => notes().filter(line => line.endsWith('stopped')).length === swap)
    } catch (cause) {
      const failures = players.flatMap(player => player.failures)
      const { peers } = await app.status()
      throw new Error(
        JSON.stringify({ swap, notes: notes(), failures, peers, output: app.output() }, null, 1),
        {
          cause,
        },
      )
    }
  }
  const { peers } = await app.status()
  assert.deepEqual(
    peers.map(({ state }) => state),
    ['serving'],
  )
  assert.ok(peers[0]?.state === 'serving')
  assert.equal(peers[0].load?.connections, CLIENTS)
  // In no release that a WebSocket has left.
  assert.deepEqual(
    notes().filter(line => /close|error/.test(line)),
    [],
  )
  await Promise.all(players.map(({ stop }) => stop()))
  assert.deepEqual(
    players.flatMap(({ failures }) => failures),
    [],
    app.output(),
  )
  for (const { versions, others, pushes } of players) {
    assert.deepEqual(versions, ['1.0.0', '2.0.0'])
    assert.deepEqual(others, ['welcome 1.0.0 /'])
    assert.ok(pushes > SWAPS)
  }
})
