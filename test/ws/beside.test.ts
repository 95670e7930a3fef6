import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, until, untilGone } from '../parent/support.ts'
import { applyLoad, keepAlive } from '../support/load.ts'
import { rawConnection } from '../support/raw-http.ts'
import { begin } from './support.ts'

/** Answered at once, after a broadcast to every WebSocket. */
const BROADCAST = '/until?exists=/'

test('traffic that comes back from a release that bakes brings its WebSockets with it, each of them once', async t => {
  const { app, archives, players } = await begin(t, 8)
  const baking = app.command('upgrade', archives[1], '--bake', '2m', '--json')
  await Promise.all(players.map(player => player.answeredBy('2.0.0')))
  await get(app.port, BROADCAST)
  await app.rollback()
  assert.match((await baking).stdout, /rolled_back/)
  const answers = players.map(player => player.answers)
  await Promise.all(players.map((player, at) => player.until(() => player.answers > (answers[at] ?? 0) + 5)))
  assert.equal(await get(app.port, BROADCAST), '1.0.0')
  await Promise.all(players.map(player => player.until(() => player.others.length >= 3)))
  await Promise.all(players.map(({ stop }) => stop()))
  for (const { failures, others } of players) {
    assert.deepEqual(failures, [], app.output())
    assert.deepEqual(others, ['welcome 1.0.0 /', 'broadcast 2.0.0', 'broadcast 1.0.0'])
  }
})

test('WebSockets, new requests and kept connections on one port go on through upgrades together', async t => {
  const { app, archives, players, notes } = await begin(t, 10)
  const load = applyLoad(app.port, keepAlive(10), 5)
  t.after(() => load.stop())
  for (const swap of [1, 2, 3]) {
    await app.upgrade(archives[swap % 2] ?? '')
    await until(() => notes().filter(line => line.endsWith('stopped')).length === swap)
    await load.answeredBy(['1.0.0', '2.0.0'][swap % 2] ?? '')
  }
  const { failures } = await load.stop()
  assert.deepEqual(failures, [])
  await Promise.all(players.map(({ stop }) => stop()))
  assert.deepEqual(
    players.flatMap(player => player.failures),
    [],
  )
})

test('an application without a stop of its own ends when all of its WebSockets have moved', async t => {
  const { app, archives, players } = await begin(t, 5, {
    first: { more: `() => process.removeAllListeners('SIGTERM')` },
  })
  const {
    draining: [pid = 0],
  } = await app.upgrade(archives[1])
  await untilGone(pid)
  await Promise.all(players.map(player => player.answeredBy('2.0.0')))
  for (const { failures } of players) assert.deepEqual(failures, [])
})

test('a heartbeat goes on in the new release: who does not answer is ended there, and nobody else', async t => {
  const { app, archives, players, notes } = await begin(t, 6, {
    isSilent: true,
    mustStay: false,
    first: { more: '({ pingEvery }) => pingEvery(60_000)' },
    second: { more: '({ pingEvery }) => pingEvery(3_000)' },
  })
  const [deaf] = players
  assert.ok(deaf)
  await app.upgrade(archives[1])
  await until(() => notes().includes('1.0.0 stopped'))
  // It answers no ping from now on.
  deaf.ws.pause()
  await until(() => notes().includes('2.0.0 close 1006'))
  const pushes = players.map(player => player.pushes)
  await Promise.all(
    players.slice(1).map((player, at) => player.until(() => player.pushes > (pushes[at + 1] ?? 0) + 100)),
  )
  assert.deepEqual(
    players.slice(1).map(({ closed }) => closed),
    [null, null, null, null, null],
  )
  assert.equal(notes().filter(line => line.startsWith('2.0.0 close')).length, 1)
})

test('a WebSocket that begins while its release drains moves at once', async t => {
  const { app, archives, notes } = await begin(t, 0)
  const connection = await rawConnection(app.port)
  // The request is not whole: it is the first release's.
  connection.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n')
  await until(async () =>
    (await app.status()).peers.some(peer => peer.state === 'serving' && peer.load?.connections),
  )
  await app.upgrade(archives[1])
  connection.write(
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const begun = await connection.read(/push 2/)
  assert.match(begun, /^HTTP\/1\.1 101 [\s\S]*welcome 1\.0\.0/)
  await until(() => notes().includes('1.0.0 stopped'))
  const rest = begun + (await connection.read(/push 30/))
  const pushes = [...rest.matchAll(/push (\d+)/g)].map(([, count]) => Number(count))
  assert.deepEqual(
    pushes,
    pushes.map((_, at) => at + 1),
  )
})

test('a client that does not read what is sent to it moves when it has', async t => {
  const { app, archives, players, notes } = await begin(t, 1, {
    isSilent: true,
    first: {
      more: `({ wss }) => wss.on('connection', ws => {
        for (let at = 1; at <= 200; at += 1) ws.send('much ' + at + ' ' + '.'.repeat(50_000))
      })`,
    },
    second: {},
  })
  const [player] = players
  assert.ok(player)
  player.ws.pause()
  await app.upgrade(archives[1])
  player.ws.resume()
  await until(() => notes().includes('1.0.0 stopped'))
  await player.until(() => player.others.length === 201)
  assert.deepEqual(
    player.others.slice(1).map(text => text.split(' ')[1]),
    Array.from({ length: 200 }, (_, at) => String(at + 1)),
  )
  const { pushes } = player
  await player.until(() => player.pushes > pushes + 3)
  assert.deepEqual(player.failures, [])
})
