import { createHook, executionAsyncResource } from 'node:async_hooks'
import { PROCESS_GLOBAL, type ProcessTable } from '../../rpc/process-contracts.ts'
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

/** A statement that is being evaluated, inside of another one where that made it run. */
interface OpenUnit {
  run: UnitRun
  around: OpenUnit | null
}

const isRecurring = () => RECURRING.has(executionAsyncResource().constructor.name)

/** What a process does in its own name is its state, and no part of the statement that has started it. */
const isProcessAtWork = () =>
  (globalThis as { [PROCESS_GLOBAL]?: ProcessTable })[PROCESS_GLOBAL]?.isAtWork?.() ?? false

export function observeStartup(): Startup {
  const runs = new Map<string, UnitRun>()
  const later: UnitRun['ran'] = []
  // No array: applications may have changed what those inherit.
  let innermost: OpenUnit | null = null
  const quiet = new Map<WriteSlot, Set<number>>()
  let ended = false

  const opening = createHook({
    // Asynchronous resources of promises are their chains: what they wait for opens one of another type.
    ...{ trackPromises: false },
    init: (_id, type, _trigger, resource) => {
      const current = innermost?.run
      if (current === undefined || type === 'PROMISE') return
      if (!PASSING.has(type)) append(current.opened, { type, resource: new WeakRef(resource) })
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
    if (ended && innermost === null) opening.enable()
    innermost = { run, around: innermost }
  }

  const leave = (around: OpenUnit | null) => {
    innermost = around
    if (ended && innermost === null) opening.disable()
  }

  const openOf = (url: string): OpenUnit | null => {
    let open = innermost
    while (open !== null && open.run.url !== url) open = open.around
    return open
  }

  return {
    note: (url, slot, write) => {
      // First of all: what follows runs the application's code where that has changed what arrays inherit.
      write(slot, 0)
      const current = innermost?.run
      if (((current || !ended) && isProcessAtWork()) || (!current && !ended && isRecurring())) {
        write(slot, undefined)
        return 0
      }
      const slots = quiet.get(write)
      if (slots) slots.add(slot)
      else quiet.set(write, new Set([slot]))
      if (current) append(current.ran, { url, slot })
      else if (!ended) append(later, { url, slot })
      return 0
    },
    unit: (url, index, waits) => {
      const key = `${url} ${index}`
      const run = runs.get(key) ?? { url, index, ran: [], opened: [], waits }
      runs.set(key, run)
      const open = openOf(url)
      if (open) leave(open.around)
      // While it waits, others run.
      if (waits) listenAgain()
      else enter(run)
    },
    left: url => {
      const open = openOf(url)
      if (open === null) return
      leave(open.around)
      listenAgain()
    },
    end: () => {
      ended = true
      if (innermost === null) opening.disable()
    },
    hasEnded: () => ended,
    runs: () => [...runs.values()],
    ranLater: () => later,
    observe: (url, evaluate) => {
      const run: UnitRun = { url, index: -1, ran: [], opened: [], waits: false }
      const around = innermost
      enter(run)
      try {
        evaluate()
      } finally {
        leave(around)
      }
      return run
    },
    release: (write, slot) => void quiet.get(write)?.delete(slot),
  }
}

/** Without what arrays inherit: applications may have changed that, be it by an accessor for an index. */
function append<Item>(list: Item[], value: Item): void {
  Object.defineProperty(list, list.length, { value, writable: true, enumerable: true, configurable: true })
}
