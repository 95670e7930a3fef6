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

/** The evaluation of an application, statement by statement, from its first to the moment it has started. */
export interface Startup {
  note(url: string, slot: number, write: WriteSlot): 0
  unit(url: string, index: number, waits: boolean): void
  /** The module has been evaluated to its end. */
  left(url: string): void
  /** From now on, what runs is no part of the start. */
  end(): void
  hasEnded(): boolean
  runs(): UnitRun[]
  /** What ran after the statement that made it run had ended: it may belong to each unit that waits. */
  ranLater(): { url: string; slot: number }[]
}

/** What comes and goes with each turn of the event loop, and holds nothing. */
const PASSING = new Set(['TickObject', 'Microtask', 'Immediate', 'PROMISE', 'RANDOMBYTESREQUEST', 'FSREQCALLBACK', 'FSREQPROMISE'])

/** Callbacks of these are not the start, but what it has set up. */
const RECURRING = new Set(['Timeout', 'TCP', 'Pipe', 'TLSWrap', 'UDP', 'HTTPINCOMINGMESSAGE', 'HTTPCLIENTREQUEST', 'Signal'])

export function observeStartup(): Startup {
  const runs = new Map<string, UnitRun>()
  const later: UnitRun['ran'] = []
  const stack: UnitRun[] = []
  let quiet: { write: WriteSlot; slot: number }[] = []
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

  /** Every function tells of itself once in each unit. */
  const listenAgain = () => {
    // Not by an iterator: applications may have changed those.
    for (let index = 0; index < quiet.length; index += 1) {
      const entry = quiet[index]
      entry?.write(entry.slot, undefined)
    }
    quiet = []
  }

  return {
    note: (url, slot, write) => {
      if (ended) {
        write(slot, 0)
        return 0
      }
      const current = stack.at(-1)
      if (current === undefined && RECURRING.has(executionAsyncResource().constructor.name)) return 0
      ;(current?.ran ?? later).push({ url, slot })
      quiet.push({ write, slot })
      write(slot, 0)
      return 0
    },
    unit: (url, index, waits) => {
      if (ended) return
      listenAgain()
      const key = `${url} ${index}`
      const run = runs.get(key) ?? { url, index, ran: [], opened: [], waits }
      runs.set(key, run)
      const depth = stack.findLastIndex(open => open.url === url)
      if (depth >= 0) stack.length = depth
      // While it waits, others run.
      if (!waits) stack.push(run)
    },
    left: url => {
      if (ended) return
      const depth = stack.findLastIndex(open => open.url === url)
      if (depth < 0) return
      stack.length = depth
      listenAgain()
    },
    end: () => {
      ended = true
      stack.length = 0
      opening.disable()
      quiet = []
    },
    hasEnded: () => ended,
    runs: () => [...runs.values()],
    ranLater: () => later,
  }
}
