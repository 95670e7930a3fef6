import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, until } from '../parent/support.ts'
import type { PlayOptions } from '../support/numbered-messages.ts'
import { begin, type Settings, type Swapped } from './support.ts'

async function swapTwice({ app, archives, players, notes }: Swapped, peers = 1): Promise<void> {
  for (const swap of [1, 2]) {
    await app.upgrade(archives[swap % 2] ?? '')
    await until(() => notes().filter(line => line.endsWith('stopped')).length === swap * peers)
    const version = ['1.0.0', '2.0.0'][swap % 2] ?? ''
    const answers = players.map(player => player.answers)
    await Promise.all(
      players.map((player, at) => player.until(() => player.answers > (answers[at] ?? 0) + 2)),
    )
    for (const { versions, failures } of players) {
      assert.deepEqual(failures, [], app.output())
      assert.ok(versions.includes(version))
    }
  }
  assert.deepEqual(
    notes().filter(line => /close|error/.test(line)),
    [],
  )
  await Promise.all(players.map(({ stop }) => stop()))
  assert.deepEqual(
    players.flatMap(({ failures }) => failures),
    [],
  )
}

/** With a handler of `upgrade`, as the examples of `ws` have it. */
const NO_SERVER = `({ wss, server }) => {
  server.on('upgrade', (request, socket, head) => {
    wss.handleUpgrade(request, socket, head, ws => wss.emit('connection', ws, request))
  })
}`

const MODES: [what: string, options: { first: Settings } & PlayOptions][] = [
  [
    'noServer, with events in turns of their own',
    {
      first: {
        serverOptions: '{ noServer: true, server: undefined, allowSynchronousEvents: false }',
        more: NO_SERVER,
      },
    },
  ],
  ['a path', { first: { serverOptions: `{ path: '/game' }` }, path: '/game?of=chess' }],
  [
    'compression without context takeover',
    {
      first: {
        serverOptions: `{ perMessageDeflate: {
          threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } }`,
      },
      perMessageDeflate: { threshold: 0 },
    },
  ],
  [
    'a subprotocol that the server chooses, and a client that is verified later',
    {
      first: {
        serverOptions: `{
          handleProtocols: protocols => protocols.has('new') ? 'new' : false,
          verifyClient: (info, done) => setTimeout(done, 5, info.req.url === '/'),
        }`,
      },
      protocols: ['old', 'new'],
    },
  ],
  ['a client that the server offers no compression', { first: {}, perMessageDeflate: true }],
]

for (const [what, options] of MODES) {
  test(`WebSockets go on through upgrades with ${what}`, async t => {
    const swapped = await begin(t, 10, options)
    await swapTwice(swapped)
    if (options.protocols) for (const { ws } of swapped.players) assert.equal(ws.protocol, 'new')
  })
}

test('WebSockets go on with two peers, each in its own slot', async t => {
  await swapTwice(await begin(t, 20, { args: ['--peers', '2'] }), 2)
})

test('WebSockets go on that come over a Unix socket, as from a proxy', async t => {
  await swapTwice(await begin(t, 10, { overUnixSocket: true }))
})

test('without restore the server emits connection for a WebSocket that has come, with the request of then', async t => {
  const { app, archives, players } = await begin(t, 4, {
    path: '/?room=1',
    isSilent: true,
    first: {
      handoffOptions: '() => ({})',
      // Its pushes would begin anew in each release, and the client leave for that.
      more: `({ wss, players }) => wss.on('connection', (ws, request) => {
        clearInterval(players.get(ws).timer)
        ws.send([request.method, request.url, request.headers.host, request.rawHeaders.includes('Upgrade'),
          request.httpVersion, request.socket.remoteAddress].join(' '))
      })`,
    },
  })
  await app.upgrade(archives[1])
  const facts = `GET /?room=1 127.0.0.1:${app.port} true 1.1 ::ffff:127.0.0.1`
  for (const player of players) {
    await player.until(() => player.others.length >= 4)
    assert.deepEqual(player.others, ['welcome 1.0.0 /?room=1', facts, 'welcome 2.0.0 /?room=1', facts])
  }
  // To the server they are its own, as is the connection of this request.
  const counted = await until(async () => {
    const [version, count] = (await get(app.port, '/connections')).split(' ')
    return version === '2.0.0' && count
  })
  assert.equal(counted, '5')
})

test('several servers in one process are told apart by their names', async t => {
  const more = `async ({ server, version }) => {
    const { handoffWebSockets } = await import('beam-deploy/ws')
    const { WebSocketServer } = await import('ws')
    const servers = new Map(['chat', 'feed'].map(name => {
      const wss = new WebSocketServer({ noServer: true })
      wss.on('connection', (ws, request) => ws.send(name + ' ' + version + ' ' + request.url))
      handoffWebSockets(wss, { name })
      return ['/' + name, wss]
    }))
    server.on('upgrade', (request, socket, head) => {
      const wss = servers.get(request.url)
      wss.handleUpgrade(request, socket, head, ws => wss.emit('connection', ws, request))
    })
  }`
  const settings = {
    serverOptions: '{ noServer: true, server: undefined }',
    handoffOptions: '() => null',
    more,
  }
  const { app, archives } = await begin(t, 0, { first: settings })
  const { playAll } = await import('./support.ts')
  for (const name of ['chat', 'feed']) {
    const [player] = await playAll(t, app.port, 1, { path: `/${name}`, isSilent: true })
    assert.ok(player)
    await app.upgrade(archives[player.others[0]?.includes('1.0.0') ? 1 : 0])
    await player.until(() => player.others.length === 2)
    assert.deepEqual(player.failures, [])
    const versions = player.others.map(text => text.split(' ')[1]).sort()
    assert.deepEqual(versions, ['1.0.0', '2.0.0'])
    for (const text of player.others) assert.match(text, new RegExp(`^${name} .* /${name}$`))
  }
})
