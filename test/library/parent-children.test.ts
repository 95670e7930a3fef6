import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../parent/support.ts'
import { type Behaviour, packRunner, startRunnerProgram } from '../support/run-code.ts'
import { untilServing } from '../support/run-program.ts'

/** Keeps sessions; told to, it ends as a crashed one would. */
const SESSIONS = `({ note }) => [
  {
    id: 'sessions',
    start: async () => {
      note('sessions start')
      const sessions = new Map()
      const ended = Promise.withResolvers()
      return {
        put: (id, session) => void sessions.set(id, session),
        get: id => sessions.get(id),
        count: () => sessions.size,
        die: () => ended.reject(new Error('told to')),
        refuse: () => { throw new RangeError('full') },
        stop: () => note('sessions stop'),
        exited: ended.promise,
      }
    },
  },
  { id: 'clock', start: () => ({ pid: () => process.pid, stop: () => note('clock stops') }) },
]`

async function run(t: TestContext, behaviour: Behaviour = { parentChildren: SESSIONS }) {
  const program = await startRunnerProgram(t, '1.0.0', behaviour)
  await untilServing(program)
  return program
}

test('a parent child keeps 1 000 sessions over 10 swaps', async t => {
  const program = await run(t)
  const archive = await packRunner(t, '2.0.0', { parentChildren: SESSIONS })
  const pids = new Set<unknown>()
  for (let swap = 0; swap <= 10; swap += 1) {
    await program.value(`
      for (let i = 0; i < 91; i += 1) {
        const id = ${swap} * 91 + i
        if (id < 1000) await beam.callParent('sessions', 'put', id, { id, since: new Date(id), by: process.pid })
      }`)
    pids.add(await program.value('return process.pid'))
    if (swap < 10) await program.value(`await beam.upgrade(${JSON.stringify(archive)})`)
  }
  assert.equal(pids.size, 11)
  const wrong = await program.value(`
    const wrong = []
    for (let id = 0; id < 1000; id += 1) {
      const session = await beam.callParent('sessions', 'get', id)
      if (session?.id !== id || session.since.getTime() !== id) wrong.push(id)
    }
    return [await beam.callParent('sessions', 'count'), wrong]`)
  assert.deepEqual(wrong, [1000, []])
  assert.deepEqual(
    program.notes().filter(line => line.includes('sessions')),
    ['1.0.0 sessions start'],
  )
})

test('they start in order before the first peer, in the parent, and stop in reverse after the last', async t => {
  const program = await run(t, {
    parentChildren: `({ beam, note }) => ['a', 'b'].map(id => ({
      id,
      start: async () => {
        note(id + ' starts, peer ' + await beam.activePeer())
        await beam.putHandoff(id, id)
        return { pid: () => process.pid, stop: () => note(id + ' stops') }
      },
    }))`,
    boot: `async ({ note, beam }) => note('boots with ' + [...(await beam.getAllHandoff()).keys()])`,
    stop: `({ note }) => note('stops')`,
  })
  assert.equal(await program.value(`return beam.callParent('b', 'pid')`), program.pid)
  program.kill('SIGTERM')
  assert.deepEqual(await program.ended, { code: 0, signal: null })
  assert.deepEqual(program.notes(), [
    '1.0.0 a starts, peer null',
    '1.0.0 b starts, peer null',
    '1.0.0 boots with a,b',
    '1.0.0 stops',
    '1.0.0 b stops',
    '1.0.0 a stops',
  ])
})

test('one that does not start fails the start, and those before it are stopped', async t => {
  const program = await startRunnerProgram(t, '1.0.0', {
    parentChildren: `({ note }) => [
      { id: 'a', start: () => ({ stop: () => note('a stops') }) },
      { id: 'b', start: () => { throw new Error('no disk') } },
    ]`,
    boot: `({ note }) => note('boots')`,
  })
  const { code } = await program.ended
  assert.equal(code, 1)
  assert.match(program.output(), /parent_child_failed/)
  assert.match(program.output(), /parent child b did not start: no disk/)
  assert.deepEqual(program.notes(), ['1.0.0 a stops'])
})

test('one that ends is started again; calls wait for it, and the peers do not notice', async t => {
  const program = await run(t)
  const pid = await program.value('return process.pid')
  await program.value(`await beam.callParent('sessions', 'put', 1, 'one')`)
  await program.value(`await beam.callParent('sessions', 'die')`)
  await until(() =>
    /parent child sessions has ended: told to; restarting it \(1 of 5\)/.test(program.output()),
  )
  assert.equal(await program.value(`return beam.callParent('sessions', 'count')`), 0)
  assert.equal(await program.value('return process.pid'), pid)
  assert.equal(program.notes().filter(line => line.includes('sessions start')).length, 2)
})

test('one that ends too often ends the parent, as a peer does', async t => {
  const program = await startRunnerProgram(t, '1.0.0', {
    parentChildren: `() => [{ id: 'frail', start: () => ({ exited: new Promise(setImmediate) }) }]`,
  })
  const { code } = await program.ended
  assert.equal(code, 1)
  assert.match(program.output(), /parent child frail has ended; 5 restarts in 60 s did not help/)
})

test('what cannot be called says why', async t => {
  const program = await run(t)
  const failure = async (code: string) => (await program.run(code)).error
  const refused = await failure(`await beam.callParent('sessions', 'refuse')`)
  assert.deepEqual([refused?.code, refused?.cause?.name], ['call_failed', 'RangeError'])
  assert.equal(refused?.message, 'refuse() of parent child sessions threw: full')
  for (const [call, message] of [
    [`'sessions', 'nothing'`, /parent child sessions has no function "nothing" to call: it has put, get/],
    [`'sessions', 'stop'`, /parent child sessions has no function "stop"/],
    [`'sessions', 'toString'`, /parent child sessions has no function "toString"/],
    [`'nobody', 'get'`, /the parent has no child "nobody": it has sessions, clock/],
  ] as const) {
    const error = await failure(`await beam.callParent(${call})`)
    assert.equal(error?.code, 'not_exposed')
    assert.match(error?.message ?? '', message)
  }
})

test('not enabled, no parent child is started, and a call says so', async () => {
  const { callParent } = await import('../../src/call-parent.ts')
  await assert.rejects(callParent('sessions', 'get', 1), { code: 'not_running' })
  const { start } = await import('../../src/start.ts')
  const started: string[] = []
  await start([{ id: 'a', start: () => void started.push('child') }], {
    app: 'plain',
    enabled: false,
    start: () => void started.push('application'),
  })
  assert.deepEqual(started, ['application'])
})

test('parent children that cannot be are refused by name', async () => {
  const { start } = await import('../../src/start.ts')
  const one = { id: 'a', start: () => ({}) }
  const options = { app: 'plain', enabled: true, start: () => undefined }
  for (const [children, message] of [
    [[{ ...one, id: '' }], /parentChildren\[0\]\.id is ""; it must be a name/],
    [[one, one], /parentChildren\[1\]\.id is "a"; it must be another/],
    [[{ id: 'a', start: 'x' }], /parentChildren\[0\]\.start is "x"; it must be a function/],
  ] as const)
    await assert.rejects(start(children as never, options), { code: 'invalid_option', message })
})
