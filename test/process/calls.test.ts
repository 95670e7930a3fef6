import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { defineProcess, next } from '../../src/process.ts'
import { defineCounter, refusal, settled, unique, warnings } from './support.ts'

test('a call changes the state and is answered; a next replaces the state and has a reply of its own', async () => {
  const { process } = defineCounter()
  assert.equal(await process.start(5), process)
  assert.equal(await process.call('add', 2), 7)
  assert.equal(await process.call('replace', 1), 'was 7')
  assert.equal(await process.call('get'), 1)
  await process.cast('set', 9)
  assert.equal(await process.call('get'), 9)
})

test('one message at a time, in the order in which they came, however long each takes', async () => {
  const { process, log } = defineCounter()
  await process.start()
  const first = Promise.withResolvers<void>()
  const answers = [
    process.call('addLater', 1, first.promise),
    process.call('addLater', 2, Promise.resolve()),
    process.call('add', 4),
  ]
  await process.cast('note', 'noted at')
  await settled()
  assert.deepEqual(log, ['begin 1'])
  first.resolve()
  assert.deepEqual(await Promise.all(answers), [1, 3, 7])
  await settled()
  assert.deepEqual(log, ['begin 1', 'end 1', 'begin 2', 'end 2', 'noted at 7'])
})

test('a handler runs in a later microtask, never within the call', async () => {
  const { process, log } = defineCounter()
  await process.start()
  const cast = process.cast('note', 'now')
  assert.deepEqual(log, [])
  await cast
  await settled()
  assert.deepEqual(log, ['now 0'])
})

test('the call is rejected with the very error of its handler, and the process lives on', async () => {
  const { process } = defineCounter()
  await process.start()
  const error = new TypeError('no')
  await assert.rejects(process.call('fail', error), thrown => thrown === error)
  await assert.rejects(process.call('addLater', 1, Promise.reject(error)), thrown => thrown === error)
  assert.equal(await process.call('get'), 1)
})

test('the error of a cast, which nobody waits for, is a warning with its stack', async t => {
  const seen = warnings(t)
  const { process, name } = defineCounter()
  await process.start()
  const error = new TypeError('no')
  await process.cast('fail', error)
  await settled()
  assert.equal(seen.length, 1)
  assert.match(
    seen[0] ?? '',
    new RegExp(`cast\\("fail"\\) of process ${name} failed.*\n${error.name}: no\n +at `),
  )
  assert.equal(await process.call('get'), 0)
})

test('onError is told of each error, of calls and of casts', async t => {
  const seen = warnings(t)
  const told: unknown[] = []
  const name = unique('told')
  const process = defineProcess({
    name,
    version: '1',
    init: () => 0,
    calls: { fail: () => Promise.reject(new Error('call')) },
    casts: {
      fail: () => {
        throw new Error('cast')
      },
    },
    onError: (error, failure) => void told.push([(error as Error).message, failure]),
  })
  const one = await process.instance('one').start()
  await one.cast('fail')
  await assert.rejects(one.call('fail'), /^Error: call$/)
  assert.deepEqual(told, [
    ['cast', { name, id: 'one', kind: 'cast', message: 'fail' }],
    ['call', { name, id: 'one', kind: 'call', message: 'fail' }],
  ])
  assert.deepEqual(seen, [])
})

test('with restart it terminates, begins anew with the same arguments, and keeps its mailbox', async () => {
  const log: unknown[] = []
  const process = defineProcess({
    name: unique('restarts'),
    version: '1',
    init: async (from: number) => {
      log.push(`init ${from}`)
      return { count: from }
    },
    calls: {
      add(state, by: number) {
        state.count += by
        return state.count
      },
      fail: () => {
        throw new Error('broken')
      },
    },
    terminate: (reason, state) => void log.push(`terminate ${(reason as Error).message} ${state.count}`),
    onError: 'restart',
  })
  await process.start(10)
  const answers = await Promise.allSettled([
    process.call('add', 1),
    process.call('fail'),
    process.call('add', 2),
  ])
  assert.deepEqual(
    answers.map(answer => (answer.status === 'fulfilled' ? answer.value : answer.reason.message)),
    [11, 'broken', 12],
  )
  assert.deepEqual(log, ['init 10', 'terminate broken 11', 'init 10'])
})

test('one that fails again and again ends; what waits is rejected with the error as its cause', async t => {
  const seen = warnings(t)
  let broken = false
  const process = defineProcess({
    name: unique('hopeless'),
    version: '1',
    init: () => {
      if (broken) throw new Error('no way')
      return 0
    },
    calls: {
      get: state => state,
      fail: () => {
        broken = true
        throw new Error('broken')
      },
    },
    onError: 'restart',
  })
  await process.start()
  const failing = process.call('fail')
  const waiting = refusal(process.call('get'))
  await assert.rejects(failing, /broken/)
  const { code, cause } = await waiting
  assert.equal(code, 'process_not_running')
  assert.match(String(cause), /no way/)
  await settled()
  assert.match(seen[0] ?? '', /has ended: it failed more than 3 times within 5000 ms/)
  // It can be started again.
  broken = false
  await process.start()
  assert.equal(await process.call('get'), 0)
})

test('a process that would wait for itself is refused at once, and told what to do', async () => {
  const name = unique('selfish')
  const process = defineProcess({
    name,
    version: '1',
    init: () => 0,
    calls: {
      run: async (_state, act: () => unknown) => act(),
      get: state => state,
      // Left running, it may call: nobody waits for it.
      leave: (_state, act: () => unknown, done: (value: unknown) => void) => {
        settled().then(act).then(done, done)
      },
    },
    casts: {
      again: (state, act: (left: number) => unknown, left: number) =>
        left > 0 ? act(left - 1) : next(state + 1),
    },
  })
  await process.start()
  for (const act of [() => process.call('get'), () => process.getState(), () => process.suspend()]) {
    const error = await refusal(process.call('run', act))
    assert.equal(error.code, 'process_calls_itself')
    assert.match(error.message, new RegExp(`process ${name} would wait for itself`))
  }
  const later = Promise.withResolvers<unknown>()
  await process.call('leave', () => process.call('get'), later.resolve)
  assert.equal(await later.promise, 0)
  // A message to itself, not waited for, is one like any other.
  const again = (left: number): unknown => process.cast('again', again, left)
  await again(3)
  await settled()
  assert.equal(await process.getState(), 1)
})

test('what the process does not have is refused, with what it has', async () => {
  const { process, name } = defineCounter('7')
  await process.start()
  for (const missing of ['nothing', 'toString', '__proto__']) {
    const error = await refusal((process.call as (name: string) => Promise<unknown>)(missing))
    assert.equal(error.code, 'unknown_message')
    assert.equal(
      error.message,
      `process ${name} (version 7) has no call "${missing}": it has add, get, addLater, replace, fail.`,
    )
  }
})

test('a call that is not answered in time is rejected, with what it waited for', async () => {
  const { process, name } = defineCounter()
  await process.start()
  const held = Promise.withResolvers<void>()
  const slow = refusal(process.within(20).call('addLater', 1, held.promise))
  const behind = refusal(process.within(20).call('add', 10))
  const patient = process.within(Infinity).call('add', 100)
  assert.match(
    (await slow).message,
    new RegExp(
      `^call\\("addLater"\\) of process ${name} was not answered within 20 ms: its handler is still running`,
    ),
  )
  const { code, message } = await behind
  assert.equal(code, 'call_timeout')
  assert.match(message, /the process is still handling "addLater", and 2 messages wait/)
  held.resolve()
  // The one that waited was taken out: it is never carried out.
  assert.equal(await patient, 101)
})

test('a handler runs with the AsyncLocalStorage of its sender, not with that of who came before', async () => {
  const request = new AsyncLocalStorage<string>()
  const process = defineProcess({
    name: unique('traced'),
    version: '1',
    init: () => 0,
    calls: { who: () => request.getStore() },
  })
  await process.start()
  const answers = ['a', 'b', 'c'].map(id => request.run(id, () => process.call('who')))
  assert.deepEqual(await Promise.all(answers), ['a', 'b', 'c'])
  assert.equal(await process.call('who'), undefined)
})

test('a process that keeps itself busy leaves the event loop its turn', async () => {
  const process = defineProcess({
    name: unique('busy'),
    version: '1',
    init: () => ({ on: true }),
    calls: {
      stop(state) {
        state.on = false
      },
    },
    casts: { spin: (state, again: () => unknown) => (state.on ? again() : undefined) },
  })
  await process.start()
  const spin = (): unknown => process.cast('spin', spin)
  await spin()
  await settled()
  await process.call('stop')
})

test('whoever calls again and again leaves the event loop its turn', async () => {
  const { process } = defineCounter()
  await process.start()
  let isOver = false
  const calling = (async () => {
    while (!isOver) await process.call('add', 1)
  })()
  await settled()
  isOver = true
  await calling
})

test('what is given to defineProcess is checked, and the process named', () => {
  const wrong: [object, RegExp][] = [
    [{}, /needs a name/],
    [{ name: 'x' }, /process x: needs a version/],
    [{ name: 'x', version: '1' }, /process x: init must be a function/],
    [
      { name: 'x', version: '1', init: () => 0, calls: { get: 5 } },
      /process x: calls\.get must be a function/,
    ],
    [
      { name: 'x', version: '1', init: () => 0, mailbox: 0 },
      /mailbox must be a whole number from 1, or Infinity/,
    ],
    [{ name: 'x', version: '1', init: () => 0, callTimeout: -1 }, /callTimeout must be milliseconds/],
    [{ name: 'x', version: '1', init: () => 0, onError: 'ignore' }, /onError must be/],
  ]
  for (const [given, expected] of wrong) {
    assert.throws(
      () => (defineProcess as (given: object) => unknown)(given),
      (error: { code?: string; message: string }) =>
        error.code === 'invalid_option' && expected.test(error.message),
    )
  }
  assert.throws(() => defineCounter().process.within(0), { code: 'invalid_option' })
})
