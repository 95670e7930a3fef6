import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../parent/support.ts'
import { begin, type Settings } from './support.ts'

const CLIENTS = 8
const SOON = 'options => ({ ...options, closeOver: 200 })'
const CONTEXT = `{ perMessageDeflate: { threshold: 0 } }`

/** Why the WebSockets of the first release cannot move, and what its warning says. */
const CASES: [what: string, options: { first?: Settings; second?: Settings; deflate?: true }, RegExp][] = [
  [
    'the new release does not call handoffWebSockets',
    { second: { handoffOptions: '() => null' } },
    /nobody takes/,
  ],
  [
    'restore() throws',
    {
      second: {
        handoffOptions: `options => ({ ...options, restore: () => { throw new Error('not today') } })`,
      },
    },
    /not today/,
  ],
  [
    'restore() rejects later',
    {
      second: {
        handoffOptions: `options => ({ ...options, restore: async () => {
          await new Promise(resolve => setTimeout(resolve, 50))
          throw new Error('not later either')
        } })`,
      },
    },
    /not later either/,
  ],
  [
    'the new release ends in restore()',
    { second: { handoffOptions: 'options => ({ ...options, restore: () => process.exit(7) })' } },
    /has ended|no other peer serves/,
  ],
  [
    'the client is not verified any more',
    { second: { serverOptions: '{ verifyClient: () => false }' } },
    /answers HTTP\/1\.1 401 Unauthorized/,
  ],
  [
    'the client is not verified any more, which is known later',
    { second: { serverOptions: '{ verifyClient: (info, done) => setTimeout(done, 20, false, 403) }' } },
    /answers HTTP\/1\.1 403 Forbidden/,
  ],
  [
    'a listener of wsClientError ends the connection',
    {
      second: {
        serverOptions: '{ perMessageDeflate: true }',
        more: `({ wss }) => {
          wss.options.verifyClient = (info, done) => info.req.socket.destroy()
        }`,
      },
    },
    /ends the connection/,
  ],
  [
    'the new release answers other paths',
    { second: { serverOptions: `{ path: '/elsewhere' }` } },
    /answers HTTP\/1\.1 400 Bad Request/,
  ],
  [
    'it compresses with context takeover',
    { first: { serverOptions: CONTEXT }, second: { serverOptions: CONTEXT }, deflate: true },
    /context takeover/,
  ],
  [
    'save() throws',
    {
      first: {
        handoffOptions: `options => ({ ...options, closeOver: 200, save: () => { throw new Error('not saved') } })`,
      },
    },
    /not saved/,
  ],
  [
    'the application has called handoffWebSockets() too late',
    {
      first: {
        handoffOptions: '() => null',
        more: `async ({ wss }) => {
          const { handoffWebSockets } = await import('beam-deploy/ws')
          wss.on('connection', () => {
            if (wss.clients.size === ${CLIENTS}) handoffWebSockets(wss, { closeOver: 200 })
          })
        }`,
      },
    },
    /they began before/,
  ],
  [
    'its state cannot be cloned',
    { first: { handoffOptions: 'options => ({ ...options, closeOver: 200, save: () => () => {} })' } },
    /what save\(\) returned/,
  ],
]

for (const [what, { first, second = {}, deflate }, warning] of CASES) {
  test(`a WebSocket is closed with 1012 where ${what}, and until then nothing is lost`, async t => {
    const { app, archives, players, notes } = await begin(t, CLIENTS, {
      first: { handoffOptions: SOON, ...first },
      second,
      mustStay: false,
      ...(deflate && { perMessageDeflate: true }),
    })
    await app.upgrade(archives[1])
    await until(() => notes().some(line => line === '1.0.0 stopped'))
    await Promise.all(players.map(player => player.until(() => player.closed !== null)))
    for (const { closed, failures, versions } of players) {
      assert.deepEqual(failures, [])
      assert.equal(closed, 1012)
      assert.deepEqual(versions, ['1.0.0'])
    }
    assert.match(app.output(), new RegExp(`${CLIENTS} WebSockets do not move`))
    assert.match(app.output(), warning)
    assert.equal(notes().filter(line => line === '1.0.0 close 1012').length, CLIENTS)
  })
}

test('what is closed is closed one after the other, so that not all come back at once', async t => {
  const { app, archives, players, notes } = await begin(t, 20, {
    first: { handoffOptions: `options => ({ ...options, closeOver: '2s' })` },
    second: { handoffOptions: '() => null' },
    mustStay: false,
    isSilent: true,
  })
  const order: number[] = []
  // How many were still open when each was closed: they go one by one, while the others are served.
  const pushedBefore: number[] = []
  for (const [at, { ws }] of players.entries()) {
    ws.on('close', code => {
      assert.equal(code, 1012)
      order.push(at)
      pushedBefore.push(players.reduce((sum, { pushes }) => sum + pushes, 0))
    })
  }
  await app.upgrade(archives[1])
  await until(() => notes().some(line => line === '1.0.0 stopped'))
  await until(() => order.length === players.length)
  // Between two of them others got what was sent to them meanwhile.
  const steps = pushedBefore.slice(1).filter((pushes, at) => pushes > (pushedBefore[at] ?? 0))
  assert.ok(steps.length > players.length / 2, `${pushedBefore}`)
})

test('the time for closing is within the time to drain', async t => {
  const { app, archives, players, notes } = await begin(t, 10, {
    args: ['--shutdown-timeout', '2s'],
    first: { handoffOptions: `options => ({ ...options, closeOver: '10m' })` },
    second: { handoffOptions: '() => null' },
    mustStay: false,
    isSilent: true,
  })
  await app.upgrade(archives[1])
  await until(() => notes().some(line => line === '1.0.0 stopped'))
  await Promise.all(players.map(player => player.until(() => player.closed !== null)))
  assert.deepEqual(new Set(players.map(({ closed }) => closed)), new Set([1012]))
})

test('one that is not saved in time does not keep the application from its stop', async t => {
  const { app, archives, notes } = await begin(t, 3, {
    args: ['--shutdown-timeout', '2s'],
    first: { handoffOptions: 'options => ({ ...options, save: () => new Promise(() => {}) })' },
    mustStay: false,
  })
  await app.upgrade(archives[1])
  await until(() => notes().includes('1.0.0 stopped'))
})
