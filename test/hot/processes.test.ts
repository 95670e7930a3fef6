import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODE_CHANGE, counterModule, ENTRY, startWithProcesses } from './process-support.ts'

const V1 = { 'app.js': ENTRY, 'counter.js': counterModule('1', 1) }
const V2 = { 'counter.js': counterModule('2', 10, CODE_CHANGE) }

test('a definition that changed: its processes migrate, and handles from before reach them', async t => {
  const program = await startWithProcesses(t, V1)
  await program.run(
    `await kept.call('increment'); await other.call('increment'); await other.call('increment')`,
  )
  const plan = await program.plan(V2)
  assert.deepEqual(plan.processes, [{ name: 'counter', from: '1', to: '2', instances: 2 }])
  const report = await program.upgrade(V2, { extra: { why: 'test' } })
  const { processesSucceeded, processesFailed, processesSkipped, processNames } = report
  assert.deepEqual(
    [processesSucceeded, processesFailed, processesSkipped, processNames],
    [2, 0, 0, ['counter']],
  )
  const after = await program.run(`
    const { counter } = await load('./counter.js')
    return [counter === kept, await kept.call('get'), await counter.call('increment'), await other.call('increment')]`)
  const migrated = { count: 1, begunAs: '1', from: '1', extra: { why: 'test' } }
  assert.deepEqual(after, [true, migrated, 11, 12])
  // What is started from now on begins as the new version says.
  assert.deepEqual(await program.run(`return (await kept.instance('new').start()).call('get')`), {
    count: 0,
    begunAs: '2',
  })
})

test('messages that come before, during and after are handled in order, and none is lost', async t => {
  const program = await startWithProcesses(t, V1)
  await program.run(`
    globalThis.answers = []
    globalThis.send = (by) => kept.call('late', by).then(answer => answers.push(answer))
    for (const by of [1, 2]) send(by)
    for (let i = 0; i < 3; i += 1) kept.cast('push', i)`)
  const upgrading = program.upgrade(V2)
  await program.run(`
    // One waits in its handler: the upgrade waits for it, and holds the other one meanwhile.
    await untilSuspended()
    for (const by of [3, 4]) send(by)
    kept.cast('push', 3)
    open()`)
  const { processesSucceeded, processesSkipped } = await upgrading
  assert.deepEqual([processesSucceeded, processesSkipped], [2, 0])
  const [answers, state] = await program.run<
    [[number, number][], { count: number; items: string[]; from: string }]
  >(`await send(5); return [answers, await kept.call('get')]`)
  assert.deepEqual(
    answers.map(([by]) => by),
    [1, 2, 3, 4, 5],
  )
  // Only what was being handled was handled by the old definition.
  assert.deepEqual(
    answers.map(([, step]) => step),
    [1, 10, 10, 10, 10],
  )
  assert.equal(state.count, 15)
  assert.equal(state.from, '1')
  assert.deepEqual(state.items, ['0/2', '1/2', '2/2', '3/2'])
})

test('handlers whose code alone changed: replaced in place, no process waits, no codeChange', async t => {
  const program = await startWithProcesses(t, { ...V1, 'counter.js': counterModule('1', 1, CODE_CHANGE) })
  await program.run(`await kept.call('increment')`)
  const report = await program.upgrade({ 'counter.js': counterModule('1', 10, CODE_CHANGE) })
  assert.deepEqual([report.processNames, report.suspendDurationMs], [[], 0])
  assert.deepEqual(await program.run(`return [await kept.call('increment'), await kept.call('get')]`), [
    11,
    { count: 11, begunAs: '1' },
  ])
})

test('a call that is added without another version: there at once, and no codeChange', async t => {
  const program = await startWithProcesses(t, V1)
  const changed = counterModule('1', 1, CODE_CHANGE).replace('get:', `twice: state => state.count * 2, get:`)
  const report = await program.upgrade({ 'counter.js': changed })
  assert.equal(report.processesSucceeded, 2)
  assert.deepEqual(
    await program.run(
      `await kept.call('increment'); return [await kept.call('twice'), await kept.call('get')]`,
    ),
    [2, { count: 1, begunAs: '1' }],
  )
})

test('a process that is stuck is skipped after its time, and everything else is upgraded and goes on', async t => {
  const files = {
    ...V1,
    'app.js': `${ENTRY}\n export { label } from './label.js'`,
    'label.js': `export const label = () => 'v1'`,
  }
  const program = await startWithProcesses(t, files)
  await program.run(`globalThis.stuck = kept.call('late', 7); globalThis.behind = kept.call('increment')`)
  const report = await program.upgrade(
    { ...V2, 'label.js': `export const label = () => 'v2'` },
    { suspendTimeout: 50 },
  )
  assert.deepEqual([report.processesSucceeded, report.processesSkipped, report.processesFailed], [1, 1, 0])
  assert.deepEqual(
    report.processFailures.map(({ name, message }) => [name, message]),
    [['counter', 'process counter still handles "late" after 50 ms; it keeps its definition and its state']],
  )
  const after = await program.run(`
    open()
    const { label } = await load('./label.js')
    return [await stuck, await behind, await kept.call('get'), await other.call('increment'), label()]`)
  assert.deepEqual(after, [[7, 1], 8, { count: 8, begunAs: '1' }, 10, 'v2'])
  // The next upgrade takes it along.
  await program.upgrade({ 'counter.js': counterModule('3', 100, CODE_CHANGE) })
  const caughtUp = await program.run<{ from: string }[]>(
    `return [await kept.call('get'), await other.call('get')]`,
  )
  assert.deepEqual(
    caughtUp.map(({ from }) => from),
    ['1', '2'],
  )
})

const FAILING = `codeChange: (from, state) => { if (state.count === 1) throw new Error('not this one'); return { ...state, from } },`

test('a codeChange that throws undoes everything: code, definitions, states, and all goes on', async t => {
  const files = {
    ...V1,
    'label.js': `export const label = () => 'v1'`,
    'app.js': `${ENTRY}\n export { label } from './label.js'`,
  }
  const program = await startWithProcesses(t, files)
  await program.run(
    `await kept.call('increment'); await other.call('increment'); await other.call('increment')`,
  )
  const error = await program.refusal({
    'counter.js': counterModule('2', 10, FAILING),
    'label.js': `export const label = () => 'v2'`,
  })
  assert.equal(error.code, 'hot_upgrade_failed')
  assert.match(error.message, /codeChange of process counter threw: not this one/)
  const state = `const { label } = await load('./label.js')
    return [await kept.call('get'), await other.call('get'), await kept.call('increment'), await other.call('increment'), label()]`
  assert.deepEqual(await program.run(state), [
    { count: 1, begunAs: '1' },
    { count: 2, begunAs: '1' },
    2,
    3,
    'v1',
  ])
  // Nothing of it stands in the way of the next one.
  const report = await program.upgrade(V2)
  assert.equal(report.processesSucceeded, 2)
  assert.equal(await program.run(`return kept.call('increment')`), 12)
})

test("with onCodeChangeError: 'continue' that process alone keeps its old definition and state", async t => {
  const program = await startWithProcesses(t, V1)
  await program.run(`await kept.call('increment')`)
  const report = await program.upgrade(
    { 'counter.js': counterModule('2', 10, FAILING) },
    { onCodeChangeError: 'continue' },
  )
  assert.deepEqual([report.processesSucceeded, report.processesFailed, report.processesSkipped], [1, 1, 0])
  assert.deepEqual(
    await program.run(
      `return [await kept.call('increment'), await kept.call('get'), await other.call('increment'), await other.call('get')]`,
    ),
    [2, { count: 2, begunAs: '1' }, 10, { count: 10, begunAs: '1', from: '1' }],
  )
})
