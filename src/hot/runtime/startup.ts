import { createHook, executionAsyncResource } from 'node:async_hooks'
import type { WriteSlot } from './registry.ts'

/** What ran, and what was opened, while one top-level statement was evaluated. */
export interface UnitRun {
  url: string
  index: number
  /** Functions of the application that ran: module and slot. */
  ran: { url: string; slot: number }[]
  /** What it opened: timers, sockets, and so on, by the names of `async_hooks`. */
  opened: { type: string; resource: WeakRef<object> }[]
  /** Whether it may go on after its statement has ended. */
  waits: boolean
}

/** The evaluation of an application's modules, statement by statement: which functions ran, and what was opened. */
export interface Startup {
  note(url: string, slot: number, write: WriteSlot): 0
  unit(url: string, index: number, waits: boolean): void
  /** The module has been evaluated to its end. */
  left(url: string): void
  /** From now on, what runs outside of a module's evaluation is no part of the start. */
  end(): void
  hasEnded(): boolean
  runs(): UnitRun[]
  /** What ran after the statement that made it run had ended: it may belong to each unit that waits. */
  ranLater(): { url: string; slot: number }[]
  /** Evaluates a unit, and says what ran. */
  observe(url: string, evaluate: () => void): UnitRun
  /** The variable of this slot has a successor: it is not to be touched any more. */
  release(write: WriteSlot, slot: number): void
}

/** What comes and goes with each turn of the event loop, and holds nothing. */
const PASSING = new Set([
  'TickObject',
  'Microtask',
  'Immediate',
  'PROMISE',
  'RANDOMBYTESREQUEST',
  'FSREQCALLBACK',
  'FSREQPROMISE',
])

/** Callbacks of these are not the start, but what it has set up. */
const RECURRING = new Set([
  'Timeout',
  'TCP',
  'Pipe',
  'TLSWrap',
  'UDP',
  'HTTPINCOMINGMESSAGE',
  'HTTPCLIENTREQUEST',
  'Signal',
])

export function observeStartup(): Startup {
  const runs = new Map<string, UnitRun>()
  const later: UnitRun['ran'] = []
  const stack: UnitRun[] = []
  const quiet = new Map<WriteSlot, Set<number>>()
  let ended = false

  const opening = createHook({
    // Asynchronous resources of promises are their chains: what they wait for opens one of another type.
    ...{ trackPromises: false },
    init: (_id, type, _trigger, resource) => {
      const current = stack.at(-1)
      if (current === undefined || type === 'PROMISE') return
      if (!PASSING.has(type)) current.opened.push({ type, resource: new WeakRef(resource) })
      current.waits = true
    },
  })
  opening.enable()

  /** Every function tells of itself once in each unit. Without iterators: applications may have changed those. */
  const listenAgain = () => {
    quiet.forEach((slots, write) => {
      slots.forEach(slot => void write(slot, undefined))
    })
    quiet.clear()
  }

  const enter = (run: UnitRun) => {
    listenAgain()
    if (ended && stack.length === 0) opening.enable()
    stack.push(run)
  }

  const leave = (depth: number) => {
    stack.length = depth
    if (ended && depth === 0) opening.disable()
  }

  return {
    note: (url, slot, write) => {
      const current = stack.at(-1)
      if (current) current.ran.push({ url, slot })
      else if (!ended) {
        if (RECURRING.has(executionAsyncResource().constructor.name)) return 0
        later.push({ url, slot })
      }
      const slots = quiet.get(write)
      if (slots) slots.add(slot)
      else quiet.set(write, new Set([slot]))
      write(slot, 0)
      return 0
    },
    unit: (url, index, waits) => {
      const key = `${url} ${index}`
      const run = runs.get(key) ?? { url, index, ran: [], opened: [], waits }
      runs.set(key, run)
      const depth = stack.findLastIndex(open => open.url === url)
      if (depth >= 0) leave(depth)
      // While it waits, others run.
      if (waits) listenAgain()
      else enter(run)
    },
    left: url => {
      const depth = stack.findLastIndex(open => open.url === url)
      if (depth < 0) return
      leave(depth)
      listenAgain()
    },
    end: () => {
      ended = true
      if (stack.length === 0) opening.disable()
    },
    hasEnded: () => ended,
    runs: () => [...runs.values()],
    ranLater: () => later,
    observe: (url, evaluate) => {
      const run: UnitRun = { url, index: -1, ran: [], opened: [], waits: false }
      const depth = stack.length
      enter(run)
      try {
        evaluate()
      } finally {
        leave(depth)
      }
      return run
    },
    release: (write, slot) => void quiet.get(write)?.delete(slot),
  }
}
