import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { notesOf, until } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { type Conversation, converse } from '../support/numbered-lines.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const CONNECTIONS = 100
const SWAPS = 20

const adopts = (body: string) => ({
  'adopts.js': `import { onSocket } from 'beam-deploy'\nexport default (converse, note) => {\n${body}\n}\n`,
})

/** Reads nothing any more, and moves when something waits in the buffer of the socket. */
const WITH_UNREAD = {
  'before-it-moves.js': `export default async (socket, note) => {
    socket.pause()
    while (socket.readableLength === 0) await new Promise(resolve => setTimeout(resolve, 5))
    note('has unread')
  }`,
}

/** Two releases with these files, and connections that are talking to the first. */
async function begin(
  t: TestContext,
  connections: number,
  {
    first: files = {},
    second = {},
  }: { first?: Record<string, string>; second?: Record<string, string> } = {},
) {
  const notes = join(tempDir(t), 'notes')
  const [first = '', other = ''] = await Promise.all([
    packApp(t, 'numbered-lines-app', { version: '1.0.0', files }),
    packApp(t, 'numbered-lines-app', { version: '2.0.0', files: second }),
  ])
  const app = await startApp(t, first, { env: { NOTES: notes } })
  const conversations = await Promise.all(
    Array.from({ length: connections }, (_, seed) => converse(app.port, seed)),
  )
  t.after(() => Promise.all(conversations.map(({ stop }) => stop())))
  await Promise.all(conversations.map(({ answeredBy }) => answeredBy('1.0.0')))
  return { app, archives: [first, other] as const, conversations, notes: () => notesOf(notes) }
}

async function endAll(conversations: Conversation[]): Promise<void> {
  await Promise.all(conversations.map(({ stop }) => stop()))
  assert.deepEqual(
    conversations.flatMap(({ failures }) => failures),
    [],
  )
}

test(`${CONNECTIONS} TCP connections go on through ${SWAPS} upgrades: no byte is lost or comes twice, none is closed`, async t => {
  const { app, archives, conversations, notes } = await begin(t, CONNECTIONS)
  for (let swap = 1; swap <= SWAPS; swap += 1) {
    await app.upgrade(archives[swap % 2] ?? '')
    await until(() => notes().filter(line => line.includes('has handed over')).length === swap)
  }
  const { peers } = await app.status()
  const serving = peers.find(({ state }) => state === 'serving')
  assert.ok(serving?.state === 'serving')
  assert.equal(serving.load?.connections, CONNECTIONS)
  await endAll(conversations)
  for (const { versions } of conversations) assert.deepEqual(versions.toSorted(), ['1.0.0', '2.0.0'])
  // In no release that a connection has left: `end` and `close` of the last one come when its client leaves.
  const before = notes().slice(
    0,
    notes().findLastIndex(line => line.includes('has handed over')),
  )
  assert.deepEqual(
    before.filter(line => /hears|keeps/.test(line)),
    [],
  )
})

const REFUSALS: [string, Record<string, string>, RegExp][] = [
  ['has no handler for it', adopts(''), /keeps socket_not_adopted: .*nobody takes sockets of kind/],
  [
    'has a handler that throws',
    adopts(`onSocket('conversation', socket => {
      socket.on('data', () => {})
      throw new Error('not today')
    })`),
    /keeps socket_not_adopted: .*not today/,
  ],
  [
    'has a handler that rejects later',
    adopts(`onSocket('conversation', async socket => {
      socket.on('data', () => {})
      await new Promise(resolve => setTimeout(resolve, 100))
      throw new Error('not later either')
    })`),
    /keeps socket_not_adopted: .*not later either/,
  ],
  [
    'ends while it takes it',
    adopts(`onSocket('conversation', () => process.exit(7))`),
    /keeps socket_not_adopted/,
  ],
]

for (const [what, files, kept] of REFUSALS) {
  test(`a TCP connection goes on in the old release where the new one ${what}`, async t => {
    const { app, archives, conversations, notes } = await begin(t, 5, { second: files })
    await app.upgrade(archives[1])
    await until(() => notes().some(line => line.includes('has handed over, 5 stay')))
    assert.equal(notes().filter(line => kept.test(line)).length, 5, notes().join('\n'))
    // All that was read until now, and what comes later, is answered by the one that it stayed with.
    const answers = conversations.map(conversation => conversation.answers)
    await until(() =>
      conversations.every((conversation, at) => conversation.answers > (answers[at] ?? 0) + 3),
    )
    await endAll(conversations)
    for (const { versions } of conversations) assert.deepEqual(versions, ['1.0.0'])
  })
}

test('what was read of a TCP connection and not made use of goes along', async t => {
  const { app, archives, conversations, notes } = await begin(t, 10, { first: WITH_UNREAD })
  await app.upgrade(archives[1])
  await until(() => notes().some(line => line.includes('has handed over, 0 stay')))
  assert.equal(notes().filter(line => line.includes('has unread')).length, 10)
  await Promise.all(conversations.map(({ answeredBy }) => answeredBy('2.0.0')))
  await endAll(conversations)
})

test('what was read of a TCP connection and not made use of is there again where it stays', async t => {
  const { app, archives, conversations, notes } = await begin(t, 10, {
    first: {
      ...WITH_UNREAD,
      'after-it-stays.js': 'export default socket => socket.resume()',
    },
    second: adopts(''),
  })
  await app.upgrade(archives[1])
  await until(() => notes().some(line => line.includes('has handed over, 10 stay')))
  await endAll(conversations)
})
