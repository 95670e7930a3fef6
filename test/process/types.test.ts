import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineProcess, next, type Process } from '../../src/process.ts'
import { unique } from './support.ts'

interface Room {
  title: string
  members: Map<string, number>
}

const counter = defineProcess({
  name: unique('typed-counter'),
  version: '2',
  init: () => ({ count: 0 }),
  calls: {
    increment(state, by: number) {
      state.count += by
      return state.count
    },
    set: (state, to: number) => next({ count: to }, `was ${state.count}`),
    later: async (state, text: string, at?: Date) => next({ count: state.count }, [text, at] as const),
    either: (state, which: boolean) => (which ? next(state, 'text' as const) : 5),
    destructured: ({ count }, { by }: { by: number }) => count + by,
    nothing: () => undefined,
    rest: (_state, ...numbers: number[]) => numbers.length,
  },
  casts: {
    reset: () => next({ count: 0 }),
    bump(state) {
      state.count += 1
    },
  },
  codeChange: (oldVersion, state, extra) => ({
    ...state,
    count: Number(state.count) + oldVersion.length + Number(extra),
  }),
  terminate(reason, state) {
    assert.ok([reason, state.count.toFixed()])
  },
  onError: error => console.error(error),
})

const room = defineProcess({
  name: unique('typed-room'),
  version: '1',
  init: async (title: string, size = 3): Promise<Room> => ({ title, members: new Map([['size', size]]) }),
  calls: {
    join(state, who: string) {
      state.members.set(who, 1)
      return state.members.size
    },
  },
  codeChange: (_oldVersion, former: Map<string, number>) => ({ title: '', members: former }),
  onError: (_error, { kind }) => (kind === 'call' ? 'restart' : undefined),
})

/** The calls come before the state that they are about. */
const text = defineProcess({
  name: unique('typed-text'),
  version: '1',
  calls: { longer: (state, by: number) => next({ text: state.text + 'x'.repeat(by) }, state.text.length) },
  init: () => ({ text: 'text' }),
})

const number = defineProcess({
  name: unique('typed-number'),
  version: '1',
  init: () => 0,
  calls: { set: (_state, to: number) => next(to) },
})

const light = defineProcess({
  name: unique('typed-light'),
  version: '1',
  init: (): 'red' | 'green' => 'red',
  calls: { go: () => next('green' as const) },
})

/** A parameter of init has the type of its default. */
const stock = defineProcess({
  name: unique('typed-stock'),
  version: '1',
  init: (items = 0) => ({ items }),
  calls: {
    take(state, by: number) {
      state.items -= by
      return state.items
    },
  },
})

/** Checked by the compiler alone. */
async function typed() {
  await number.replaceState(5)
  await light.replaceState('green')
  // @ts-expect-error: no such light
  await light.replaceState('blue')

  const count: number = await counter.call('increment', 2)
  const was: string = await counter.call('set', 2)
  const pair: readonly [string, Date | undefined] = await counter.call('later', 'x')
  const either: number | 'text' = await counter.call('either', true)
  const sum: number = await counter.call('destructured', { by: 2 })
  const nothing: undefined = await counter.call('nothing')
  const length: number = await counter.call('rest', 1, 2, 3)
  await counter.cast('reset')
  await counter.cast('bump')
  const started: number = await (await counter.start()).call('increment', 1)
  const patient: number = await counter.within(10).call('increment', 1)

  const lobby: Process<Room, [title: string, size?: number], unknown, unknown> = room.instance('lobby')
  await room.instance('lobby').start('Lobby')
  await room.instance('lobby').start('Lobby', 5)
  const joined: number = await room.instance('lobby').call('join', 'ada')
  const { members }: Room = await lobby.getState()
  await lobby.replaceState({ title: 'x', members })
  await lobby.replaceState(state => ({ ...state, title: 'x' }))
  await stock.start()
  await stock.instance('x').start(5)
  const left: number = await stock.call('take', 1)
  const longer: number = await text.call('longer', 2)

  // @ts-expect-error: not a number
  await counter.call('increment', '2')
  // @ts-expect-error: too few
  await counter.call('increment')
  // @ts-expect-error: too many
  await counter.call('increment', 1, 2)
  // @ts-expect-error: no such call
  await counter.call('decrement', 1)
  // @ts-expect-error: that is a cast
  await counter.call('reset')
  // @ts-expect-error: that is a call
  await counter.cast('increment', 1)
  // @ts-expect-error: a number
  const wrong: string = await counter.instance('x').call('increment', 1)
  // @ts-expect-error: init takes nothing
  await counter.start(1)
  // @ts-expect-error: items are a number
  await stock.start('x')
  // @ts-expect-error: init takes a title
  await room.start()
  // @ts-expect-error: it has no casts
  await room.cast('join', 'ada')
  // @ts-expect-error: no state of this process
  await counter.replaceState({ count: 'x' })

  return [count, was, pair, either, sum, nothing, length, started, patient, joined, left, longer, wrong]
}

function wrong() {
  defineProcess({
    name: 'wrong',
    version: '1',
    init: () => ({ count: 0 }),
    // @ts-expect-error: the next state is of another type
    calls: { set: () => next({ count: 'x' }) },
  })
  defineProcess({
    name: 'wrong',
    version: '1',
    init: () => ({ count: 0 }),
    // @ts-expect-error: the next state is of another type
    casts: { set: async () => next({ count: 'x' }) },
  })
  defineProcess({
    name: 'wrong',
    version: '1',
    init: () => ({ count: 0 }),
    // @ts-expect-error: codeChange makes a state
    codeChange: () => ({ count: 'x' }),
  })
  // @ts-expect-error: it needs a version
  defineProcess({ name: 'wrong', init: () => 0 })
  // @ts-expect-error: no such policy
  defineProcess({ name: 'wrong', version: '1', init: () => 0, onError: 'ignore' })
}

test('everything about a process is typed by its definition', () => {
  assert.equal(typeof typed, 'function')
  assert.equal(typeof wrong, 'function')
})
