import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineProcess, processes } from '../../src/process.ts'
import { refusal, settled, unique } from './support.ts'

/** A process whose first message holds it up until `release` is called. */
async function heldUp(mailbox?: number) {
  const handled: number[] = []
  const name = unique('mailbox')
  const process = defineProcess({
    name,
    version: '1',
    init: () => 0,
    calls: { call: (_state, number: number) => handled.push(number) },
    casts: {
      cast: (_state, number: number) => void handled.push(number),
      hold: (_state, until: Promise<void>) => until,
    },
    ...(mailbox !== undefined && { mailbox }),
  })
  await process.start()
  const hold = Promise.withResolvers<void>()
  await process.cast('hold', hold.promise)
  await settled()
  const list = () => processes().find(info => info.name === name)
  return { process, handled, release: hold.resolve, list }
}

/** Whether a promise is settled by now. */
function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    settled().then(() => false),
  ])
}

test('a cast on a full mailbox resolves when there is room for it, and order is kept', async () => {
  const { process, handled, release, list } = await heldUp(2)
  const casts = [1, 2, 3, 4].map(number => process.cast('cast', number))
  assert.deepEqual(await Promise.all(casts.map(isSettled)), [true, true, false, false])
  assert.deepEqual([list()?.mailbox, list()?.waiting, list()?.handling], [2, 2, 'hold'])
  release()
  await Promise.all(casts)
  await settled()
  assert.deepEqual(handled, [1, 2, 3, 4])
  assert.deepEqual([list()?.mailbox, list()?.waiting, list()?.handling], [0, 0, null])
})

test('a call on a full mailbox waits too, with its time running, and is taken out at the end of it', async () => {
  const { process, handled, release, list } = await heldUp(1)
  await process.cast('cast', 1)
  const impatient = refusal(process.within(10).call('call', 2))
  const next = process.call('call', 3)
  assert.deepEqual([list()?.mailbox, list()?.waiting], [1, 2])
  assert.equal((await impatient).code, 'call_timeout')
  assert.deepEqual([list()?.mailbox, list()?.waiting], [1, 1])
  release()
  assert.equal(await next, 2)
  assert.deepEqual(handled, [1, 3])
})

test('one that gives up makes room for the next that waits', async () => {
  const { process, handled, release } = await heldUp(1)
  const impatient = refusal(process.within(10).call('call', 1))
  const waiting = process.cast('cast', 2)
  assert.equal(await isSettled(waiting), false)
  await impatient
  await waiting
  release()
  await settled()
  assert.deepEqual(handled, [2])
})

test('1 000 messages fit by default, and any number with Infinity', async () => {
  for (const [limit, expected] of [
    [undefined, 1_000],
    [Infinity, 5_000],
  ] as const) {
    const { process, handled, release, list } = await heldUp(limit)
    const casts = Array.from({ length: 5_000 }, (_, number) => process.cast('cast', number))
    assert.equal(list()?.mailbox, expected)
    release()
    await Promise.all(casts)
    assert.equal(await process.call('call', 5_000), 5_001)
    assert.ok(handled.every((number, index) => number === index))
  }
})

test('a handler that fills its own mailbox is refused instead of waiting for itself', async () => {
  const process = defineProcess({
    name: unique('fills'),
    version: '1',
    init: () => 0,
    calls: {
      fill: async (_state, act: () => unknown) => {
        await act()
        await act()
      },
    },
    casts: { nothing: () => undefined },
    mailbox: 1,
  })
  await process.start()
  assert.equal(
    (await refusal(process.call('fill', () => process.cast('nothing')))).code,
    'process_calls_itself',
  )
})
