import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineProcess, next, processes } from '../../src/process.ts'
import { asIs, defineCounter, hotTable, settled, stage, unique } from './support.ts'

type Change = (oldVersion: string, state: { count: number }, extra: unknown) => unknown

/** Version 2 of the process of {@link defineCounter}. */
const define2 = (name: string, codeChange?: Change, version = '2') =>
  defineProcess({
    name,
    version,
    init: () => ({ count: 0 }),
    calls: {
      get: state => state.count * 1_000,
      old: () => 'new',
      add: (state, by: number) => next({ count: state.count + 2 * by }, 'twice'),
    },
    ...(codeChange && { codeChange: codeChange as () => { count: number } }),
  })

/** A call of a name that the type of the handle does not have. */
const anyCall = (handle: object, name: string, ...args: unknown[]) =>
  (handle as { call(name: string, ...args: unknown[]): Promise<unknown> }).call(name, ...args)

test('a definition under a living name is staged, the handle stays, and the same process runs it with its state', async t => {
  const { process, name } = defineCounter()
  const other = await process.instance('other').start(7)
  await process.start(1)
  const staging = stage(t)
  assert.deepEqual(await staging.suspend([name, 'nobody'], 1_000), { suspended: 2, skipped: [] })
  const calls: unknown[] = []
  const again = define2(name, (oldVersion, state, extra) => {
    calls.push([oldVersion, state.count, extra])
    return { count: state.count + 100 }
  })
  assert.equal(again, process)
  assert.deepEqual(staging.staged(), [{ name, from: '1', to: '2' }])
  assert.equal(hotTable().describe(process)?.version, '1')
  staging.swap(asIs)
  assert.deepEqual(await staging.migrate({ why: 'test' }, 'revert'), {
    succeeded: 2,
    failed: [],
    stillBehind: [],
  })
  const waiting = process.call('get')
  staging.end()
  assert.deepEqual(calls.sort(), [
    ['1', 1, { why: 'test' }],
    ['1', 7, { why: 'test' }],
  ])
  assert.equal(await waiting, 101_000)
  assert.equal(await other.call('get'), 107_000)
  assert.deepEqual(hotTable().describe(process), { name, version: '2', instances: 2 })
  assert.equal(hotTable().describe(other), null)
  assert.equal(hotTable().describe({}), null)
})

test('messages before, during and after are handled in order, none lost and none twice', async t => {
  const { process, log, name } = defineCounter()
  await process.start()
  const held = Promise.withResolvers<void>()
  const before = process.call('addLater', 1, held.promise)
  const queued = process.call('add', 10)
  await settled()
  const staging = stage(t)
  const suspended = staging.suspend([name], 10_000)
  const during = process.call('add', 20)
  await settled()
  assert.deepEqual(log, ['begin 1'])
  held.resolve()
  assert.deepEqual(await suspended, { suspended: 1, skipped: [] })
  assert.equal(await before, 1)
  define2(name)
  staging.swap(asIs)
  await staging.migrate(undefined, 'revert')
  const after = process.call('get')
  staging.end()
  assert.deepEqual(await Promise.all([queued, during, after]), ['twice', 'twice', 61_000])
})

test('one that is busy is skipped after its time, told, and goes on with its old definition and state', async t => {
  const { process, name } = defineCounter()
  t.after(() => process.stop())
  const free = await process.instance('free').start()
  await process.start()
  const held = Promise.withResolvers<void>()
  const slow = process.call('addLater', 1, held.promise)
  await settled()
  const staging = stage(t)
  assert.deepEqual(await staging.suspend([name], 20), {
    suspended: 1,
    skipped: [
      {
        name,
        message: `process ${name} still handles "addLater" after 20 ms; it keeps its definition and its state`,
      },
    ],
  })
  define2(name)
  staging.swap(asIs)
  assert.deepEqual(await staging.migrate(undefined, 'revert'), { succeeded: 1, failed: [], stillBehind: [] })
  held.resolve()
  assert.equal(await slow, 1)
  // It was resumed at once, not at the end.
  assert.equal(await process.call('add', 1), 2)
  staging.end()
  assert.equal(await process.call('add', 1), 3)
  assert.equal(await free.call('add', 1), 'twice')
  assert.deepEqual(
    processes()
      .filter(info => info.name === name)
      .map(({ version }) => version),
    ['2', '1'],
  )
})

test('a failing codeChange is told; undo brings back definition and state, also of those that had succeeded', async t => {
  const { process, name } = defineCounter()
  await process.start(1)
  const one = await process.instance('one').start(2)
  const staging = stage(t)
  await staging.suspend([name], 1_000)
  define2(name, (_old, state) => {
    if (state.count === 2) throw new Error('cannot')
    state.count = -1
    return state
  })
  // One that is new with this upgrade goes with it.
  const fresh = unique('fresh')
  const freshlyDefined = defineCounter('1', fresh).process
  staging.swap(asIs)
  const { failed } = await staging.migrate(undefined, 'revert')
  assert.deepEqual(failed, [{ name, message: `codeChange of process ${name} "one" threw: cannot` }])
  staging.undo()
  staging.end()
  assert.deepEqual([await process.call('get'), await one.call('get')], [1, 2])
  assert.equal(await process.call('add', 1), 2)
  assert.equal(hotTable().describe(process)?.version, '1')
  assert.notEqual(defineCounter('2', fresh).process, freshlyDefined)
})

test('with continue the one that fails keeps its old definition and state, the others go on', async t => {
  const { process, name } = defineCounter()
  await process.start(1)
  const one = await process.instance('one').start(2)
  const two = await process.instance('two').start(3)
  const staging = stage(t)
  await staging.suspend([name], 1_000)
  define2(name, async (_old, state) => {
    if (state.count === 2) throw new Error('cannot')
    return { count: state.count + 10 }
  })
  staging.swap(asIs)
  const { succeeded, failed } = await staging.migrate(undefined, 'continue')
  staging.end()
  assert.equal(succeeded, 2)
  assert.equal(failed.length, 1)
  assert.deepEqual(await Promise.all([process, one, two].map(each => each.call('get'))), [11_000, 2, 13_000])
  // The next upgrade tells each the version that it has.
  const again = stage(t)
  await again.suspend([name], 1_000)
  const versions: string[] = []
  const change: Change = (old, state) => {
    versions.push(old)
    return state
  }
  define2(name, change, '3')
  again.swap(asIs)
  await again.migrate(undefined, 'revert')
  again.end()
  assert.deepEqual(versions, ['2', '1', '2'])
})

test('codeChange gets a copy where one can be made, and the state itself where there are instances of classes', async t => {
  class Room {
    name = 'lobby'
  }
  const name = unique('copied')
  const define = (version: string, seen?: unknown[]) =>
    defineProcess({
      name,
      version,
      init: (state: unknown) => state,
      codeChange: (_old, state: unknown) => {
        seen?.push(state)
        return state
      },
    })
  const process = define('1')
  const shared = { deep: [1] }
  const cyclic: Record<string, unknown> = {
    shared,
    map: new Map([[shared, new Set([shared])]]),
    at: new Date(5),
    pattern: /a/g,
    bytes: new Uint8Array([1, 2, 3]).subarray(1),
    buffer: Buffer.from('text'),
    ['__proto__']: 'own',
    sparse: Object.assign(new Array(3), { 1: 1 }),
    nothing: null,
    [Symbol.for('symbol')]: 1,
    bare: Object.assign(Object.create(null), { x: 1 }),
  }
  cyclic.self = cyclic
  const withClass = { room: new Room() }
  const withGetter = {
    get now() {
      return 1
    },
  }
  const withFunction = { run: () => 1 }
  for (const [id, state] of Object.entries({ cyclic, withClass, withGetter, withFunction }))
    await process.instance(id).start(state)
  const staging = stage(t)
  await staging.suspend([name], 1_000)
  const seen: unknown[] = []
  define('2', seen)
  staging.swap(asIs)
  await staging.migrate(undefined, 'revert')
  staging.end()
  const [copy, ...kept] = seen
  assert.deepEqual(kept, [withClass, withGetter, withFunction])
  assert.ok(kept[0] === withClass && kept[1] === withGetter && kept[2] === withFunction)
  assert.notEqual(copy, cyclic)
  assert.deepEqual(copy, cyclic)
  const copied = copy as typeof cyclic
  assert.equal(copied.self, copied)
  assert.notEqual(copied.shared, shared)
  assert.ok((copied.map as Map<unknown, Set<unknown>>).get(copied.shared)?.has(copied.shared))
})

test('one that is started meanwhile waits for the end, and begins with the new definition; after an undo with the old', async t => {
  for (const [isUndone, expected] of [
    [false, 'new'],
    [true, 'old'],
  ] as const) {
    const name = unique('started')
    const define = (version: string, answer: string) =>
      defineProcess({ name, version, init: () => answer, calls: { get: state => state } })
    const process = define('1', 'old')
    const staging = stage(t)
    await staging.suspend([name], 1_000)
    const starting = process.start()
    define('2', 'new')
    const answer = process.call('get')
    staging.swap(asIs)
    if (isUndone) staging.undo()
    else await staging.migrate(undefined, 'revert')
    await settled()
    assert.equal(processes().find(info => info.name === name)?.state, 'starting')
    staging.end()
    await starting
    assert.equal(await answer, expected)
  }
})

test('a definition that nobody had named to be suspended: quiet processes take it, busy ones are a failure', async t => {
  const { process, name } = defineCounter()
  t.after(() => process.stop())
  const free = await process.instance('free').start(1)
  await process.start()
  const held = Promise.withResolvers<void>()
  const slow = process.call('addLater', 1, held.promise)
  await settled()
  const staging = stage(t)
  define2(name)
  staging.swap(asIs)
  const { failed } = await staging.migrate(undefined, 'continue')
  staging.end()
  assert.match(failed[0]?.message ?? '', /was not suspended and is busy/)
  held.resolve()
  await slow
  assert.equal(await process.call('get'), 1)
  assert.equal(await free.call('get'), 1_000)
})

test('a process that its user has suspended stays so; one that is to stop stops after the end', async t => {
  const { process, name } = defineCounter()
  const leaving = await process.instance('leaving').start()
  await process.start()
  await process.suspend()
  const staging = stage(t)
  assert.equal((await staging.suspend([name], 1_000)).suspended, 2)
  let hasStopped = false
  const stopped = leaving.stop().then(() => {
    hasStopped = true
  })
  define2(name)
  staging.swap(asIs)
  await staging.migrate(undefined, 'revert')
  await settled()
  assert.equal(hasStopped, false)
  staging.end()
  await stopped
  const [info] = processes().filter(one => one.name === name)
  assert.equal(info?.state, 'suspended')
  await process.resume()
  assert.equal(await anyCall(process, 'old'), 'new')
})

test('nothing changes without a swap, and without a staging a second definition is refused again', async t => {
  const { process, name } = defineCounter()
  await process.start()
  const staging = stage(t)
  assert.throws(() => hotTable().stage(), /being staged already/)
  await staging.suspend([name], 1_000)
  define2(name)
  staging.end()
  assert.equal(await process.call('add', 1), 1)
  assert.throws(() => define2(name), { code: 'process_already_defined' })
})

test('20 upgrades of 10 000 processes: every state goes through each of them', async t => {
  const { process, name } = defineCounter()
  const handles = Array.from({ length: 10_000 }, (_, number) => process.instance(String(number)))
  await Promise.all(handles.map((handle, number) => handle.start(number)))
  for (let version = 2; version <= 21; version += 1) {
    const staging = stage(t)
    assert.equal((await staging.suspend([name], 10_000)).suspended, 10_000)
    define2(name, (_old, state) => ({ count: state.count + 1 }), String(version))
    staging.swap(asIs)
    assert.equal((await staging.migrate(undefined, 'revert')).succeeded, 10_000)
    staging.end()
  }
  const answers = await Promise.all(handles.map(handle => handle.call('get')))
  assert.ok(answers.every((answer, number) => answer === (number + 20) * 1_000))
  await Promise.all(handles.map(handle => handle.stop()))
})
