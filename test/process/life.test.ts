import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineProcess, processes } from '../../src/process.ts'
import { defineCounter, refusal, settled, unique, warnings } from './support.ts'

test('calls wait for an asynchronous init; what init throws, start() throws, and it can be started again', async () => {
  const name = unique('slow-start')
  const ready = Promise.withResolvers<number>()
  const process = defineProcess({
    name,
    version: '1',
    init: async (state: Promise<number>) => state,
    calls: { get: state => state },
  })
  const starting = process.start(ready.promise)
  const answer = process.call('get')
  assert.equal(processes().find(info => info.name === name)?.state, 'starting')
  ready.resolve(3)
  await starting
  assert.equal(await answer, 3)
  await process.stop()

  const error = new Error('no database')
  const failing = process.start(Promise.reject(error))
  const waiting = refusal(process.call('get'))
  await assert.rejects(failing, thrown => thrown === error)
  assert.equal((await waiting).cause, error)
  await process.start(Promise.resolve(4))
  assert.equal(await process.call('get'), 4)
})

test('what is not running refuses everything, by name, and says what to do', async () => {
  const { process, name } = defineCounter()
  const one = process.instance('one')
  const refused = await Promise.all([
    refusal(process.call('get')),
    refusal(process.cast('set', 1)),
    refusal(process.suspend()),
    refusal(process.resume()),
    refusal(process.getState()),
    refusal(one.replaceState({ count: 1 })),
  ])
  assert.deepEqual(new Set(refused.map(({ code }) => code)), new Set(['process_not_running']))
  assert.equal(
    refused[0]?.message,
    `call("get"): process ${name} is not running. Start it first, with await start().`,
  )
  assert.match(refused[5]?.message ?? '', new RegExp(`process ${name} "one" is not running`))
  await process.stop()
})

test('a second start is refused', async () => {
  const { process } = defineCounter()
  const starting = process.start()
  assert.equal((await refusal(process.start())).code, 'process_already_started')
  await starting
  assert.equal((await refusal(process.start())).code, 'process_already_started')
})

test('stop handles what came before, refuses what comes after, and resolves when terminate has run', async () => {
  const log: unknown[] = []
  const terminating = Promise.withResolvers<void>()
  const process = defineProcess({
    name: unique('stops'),
    version: '1',
    init: () => [] as number[],
    calls: { add: (state, number: number) => state.push(number) },
    terminate: async (reason, state) => {
      log.push(reason, [...state])
      await terminating.promise
      log.push('terminated')
    },
  })
  await process.start()
  const before = [process.call('add', 1), process.call('add', 2)]
  const stopped = process.stop('enough').then(() => log.push('stopped'))
  const after = refusal(process.call('add', 3))
  assert.deepEqual(await Promise.all(before), [1, 2])
  assert.match((await after).message, /is stopping/)
  assert.equal((await refusal(process.start())).code, 'process_already_started')
  terminating.resolve()
  await stopped
  assert.deepEqual(log, ['enough', [1, 2], 'terminated', 'stopped'])
  await process.start()
  assert.deepEqual(await process.getState(), [])
})

test('a handler may stop its own process; terminate is told "normal"', async () => {
  const reasons: unknown[] = []
  const process = defineProcess({
    name: unique('leaves'),
    version: '1',
    init: () => 0,
    calls: {
      leave: async (_state, stop: () => unknown) => {
        await stop()
        return 'bye'
      },
    },
    terminate: reason => void reasons.push(reason),
  })
  await process.start()
  assert.equal(await process.call('leave', () => process.stop()), 'bye')
  await settled()
  assert.deepEqual(reasons, ['normal'])
  assert.equal((await refusal(process.call('leave', () => process.stop()))).code, 'process_not_running')
})

test('what terminate throws, stop() throws, and the process has ended', async t => {
  const seen = warnings(t)
  const error = new Error('cannot save')
  const process = defineProcess({
    name: unique('fails-at-the-end'),
    version: '1',
    init: () => 0,
    calls: { leave: (_state, stop: () => unknown) => stop() },
    terminate: () => {
      throw error
    },
  })
  await process.start()
  await assert.rejects(process.stop(), thrown => thrown === error)
  // Nobody waits for the one that a handler asked for.
  await process.start()
  await process.call('leave', () => process.stop())
  await settled()
  assert.match(seen.join(), /cannot save/)
})

test('a suspended process finishes what it does, then handles nothing until it is resumed; nothing is lost', async () => {
  const { process, log, name } = defineCounter()
  await process.start()
  const held = Promise.withResolvers<void>()
  const slow = process.call('addLater', 1, held.promise)
  await settled()
  const suspended = process.suspend().then(() => log.push('suspended'))
  const waiting = process.call('add', 2)
  await process.cast('note', 'noted at')
  await settled()
  assert.deepEqual(log, ['begin 1'])
  held.resolve()
  await Promise.all([slow, suspended])
  await settled()
  assert.deepEqual(log, ['begin 1', 'end 1', 'suspended'])
  assert.deepEqual(
    processes().find(info => info.name === name),
    { name, id: null, version: '1', state: 'suspended', handling: null, mailbox: 2, waiting: 0 },
  )
  // The state can be read and replaced meanwhile.
  assert.deepEqual(await process.getState(), { count: 1 })
  await process.replaceState({ count: 40 })
  await process.replaceState(({ count }) => ({ count: count * 2 }))
  await process.resume()
  assert.equal(await waiting, 82)
  await settled()
  assert.equal(log.at(-1), 'noted at 82')
})

test('the state is read and replaced between two messages, not behind all that wait', async () => {
  const { process } = defineCounter()
  await process.start()
  const held = Promise.withResolvers<void>()
  const slow = process.call('addLater', 1, held.promise)
  const next = process.call('add', 1)
  await settled()
  const state = process.getState().then(({ count }) => count)
  const replaced = process.replaceState({ count: 100 })
  held.resolve()
  assert.deepEqual(await Promise.all([slow, state, replaced, next]), [1, 1, undefined, 101])
  await assert.rejects(
    process.replaceState(() => {
      throw new Error('not this way')
    }),
    /not this way/,
  )
  assert.equal(await process.call('get'), 101)
})

test('processes of one definition have states of their own, and a handle of each reaches the same process', async () => {
  const { process, name } = defineCounter()
  await Promise.all([process.start(), process.instance('a').start(10), process.instance('b').start(20)])
  await process.instance('a').call('add', 1)
  assert.deepEqual(
    await Promise.all([process, process.instance('a'), process.instance('b')].map(one => one.call('get'))),
    [0, 11, 20],
  )
  await process.instance('a').stop()
  assert.deepEqual(
    processes()
      .filter(info => info.name === name)
      .map(({ id }) => id),
    [null, 'b'],
  )
  assert.throws(() => (process.instance as (id: unknown) => unknown).call(process, 5), TypeError)
})

test('a name is defined once', () => {
  const { name } = defineCounter('1')
  assert.throws(() => defineCounter('2', name), {
    code: 'process_already_defined',
    message: new RegExp(`process ${name} is defined already, with version 1\\.`),
  })
})

test('10 000 processes are started, called, and stopped; each costs less than 2 KB', async () => {
  const { process } = defineCounter()
  const handles = Array.from({ length: 10_000 }, (_, number) => process.instance(String(number)))
  globalThis.gc?.()
  const before = globalThis.process.memoryUsage().heapUsed
  await Promise.all(handles.map(handle => handle.start()))
  globalThis.gc?.()
  const each = (globalThis.process.memoryUsage().heapUsed - before) / handles.length
  if (globalThis.gc !== undefined) assert.ok(each < 2_048, `${each} bytes`)
  const answers = await Promise.all(handles.map((handle, number) => handle.call('add', number)))
  assert.ok(answers.every((answer, number) => answer === number))
  await Promise.all(handles.map(handle => handle.stop()))
  assert.equal((await refusal(process.instance('7').call('get'))).code, 'process_not_running')
})
