import { AsyncLocalStorage, createHook, executionAsyncResource } from 'node:async_hooks'
import { PROCESS_GLOBAL, type ProcessTable } from '../../rpc/process-contracts.ts'
import type { WriteSlot } from './registry.ts'
import { PASSING, RECURRING } from './resource-types.ts'
import { createTold } from './told.ts'
import { createTurn } from './turn.ts'
import { append, NONE_LATER, newRun, noteOpened, noteRan, type UnitRun } from './unit-run.ts'

/** The evaluation of an application's modules, statement by statement: which functions ran, and what was opened. */
export interface Startup {
  note(url: string, slot: number, write: WriteSlot): 0
  /** Calls back once, when a function runs the next time. */
  watch(write: WriteSlot, slot: number, called: () => void): void
  unwatch(write: WriteSlot, slot: number): void
  /** @param again whether the module has been evaluated before. */
  unit(url: string, index: number, waits: boolean, again: boolean): void
  /** One that sets nothing going: `isCalm`. */
  calmUnit(url: string, index: number, again: boolean): void
  /** The module has been evaluated to its end. */
  left(url: string): void
  /** From now on, what runs outside of a module's evaluation is no part of the start. */
  end(): void
  hasEnded(): boolean
  runs(): UnitRun[]
  /** How many there are of modules that were loaded: it grows as long as modules are. */
  runCount(): number
  /** What ran later, in whose name is not known: it may belong to each unit that waits. */
  ranLater(): { url: string; slot: number }[]
  /** The statement that runs now, or in whose name that goes on which runs now. */
  current(): UnitRun | null
  /** What is opened only later, or in a way that `async_hooks` does not show. */
  opened(type: string, resource: object): void
  /** What is opened in it is opened in nobody's name. */
  aside(open: () => void): void
  /** Evaluates a unit, and notes what runs. */
  observe(run: UnitRun, evaluate: () => void): void
  /** The variable of this slot has a successor: it is not to be touched any more. */
  release(write: WriteSlot, slot: number): void
}

/** A statement that is being evaluated, inside of another one where that made it run. */
interface OpenUnit {
  run: UnitRun
  around: OpenUnit | null
}

/** No array, and no map: as many as an application has statements. */
interface NotedRun {
  run: UnitRun
  before: NotedRun | null
}

const isRecurring = () => RECURRING.has(executionAsyncResource().constructor.name)

/** What a process does in its own name is its state, and no part of the statement that has started it. */
const isProcessAtWork = () =>
  (globalThis as { [PROCESS_GLOBAL]?: ProcessTable })[PROCESS_GLOBAL]?.isAtWork?.() ?? false

/** Who runs functions this often is not worth the time to note them by name. */
const NOTED_MOST = 10_000

export function observeStartup(): Startup {
  let lastRun: NotedRun | null = null
  let runCount = 0
  const later: UnitRun['ran'] = []
  // As long as the module that they belong to knows of them.
  let observed: WeakRef<UnitRun>[] = []
  // No array: applications may have changed what those inherit.
  let innermost: OpenUnit | null = null
  const told = createTold()
  const turn = createTurn()
  // Goes along with whatever a statement sets going: what is opened after an `await` is opened in its name.
  const goingOn = new AsyncLocalStorage<UnitRun | undefined>()
  let ended = false

  const opening = createHook({
    // Asynchronous resources of promises are their chains: what they wait for opens one of another type.
    ...{ trackPromises: false },
    init: (_id, type, _trigger, resource) => {
      const current = innermost?.run
      const owner = current ?? goingOn.getStore()
      if (owner === undefined || type === 'PROMISE') return
      if (current) current.waits = true
      if (!PASSING.has(type) && !isProcessAtWork()) noteOpened(owner, type, resource)
    },
  })
  opening.enable()

  /** Every function tells of itself once in each unit. */
  const listenAgain = () => {
    turn.over()
    told.listenAgain()
  }

  const watched = new WeakMap<WriteSlot, Map<number, () => void>>()
  const tellWatched = (write: WriteSlot, slot: number) => {
    const called = watched.get(write)?.get(slot)
    if (called === undefined) return
    watched.get(write)?.delete(slot)
    called()
  }

  /** Nothing is done where it is so already: each time takes a map of its own. */
  const goOnIn = (run: UnitRun | undefined) => {
    if (goingOn.getStore() !== run) goingOn.enterWith(run)
  }

  const enterCalmly = (run: UnitRun) => {
    listenAgain()
    if (ended && innermost === null) opening.enable()
    innermost = { run, around: innermost }
  }

  const enter = (run: UnitRun) => {
    enterCalmly(run)
    goOnIn(run)
  }

  const leave = (around: OpenUnit | null) => {
    innermost = around
    goOnIn(around?.run)
    if (ended && innermost === null) opening.disable()
  }

  const add = (run: UnitRun) => {
    lastRun = { run, before: lastRun }
    runCount += 1
    return run
  }
  const known = (url: string, index: number) => {
    let each = lastRun
    while (each !== null && (each.run.index !== index || each.run.url !== url)) each = each.before
    return each?.run ?? null
  }

  const runOf = (url: string, index: number, waits: boolean, again: boolean) =>
    (again ? known(url, index) : null) ?? add(newRun(url, index, waits))

  const openOf = (url: string): OpenUnit | null => {
    let open = innermost
    while (open !== null && open.run.url !== url) open = open.around
    return open
  }

  return {
    note: (url, slot, write) => {
      // First of all: what follows runs the application's code where that has changed what arrays inherit.
      write(slot, 0)
      tellWatched(write, slot)
      const current = innermost?.run
      if (!current && !ended && (isRecurring() || isProcessAtWork())) {
        turn.quiet(write, slot)
        return 0
      }
      if (current && isProcessAtWork()) {
        write(slot, undefined)
        return 0
      }
      const going = current || ended ? undefined : goingOn.getStore()
      if (going !== undefined && going.noted < NOTED_MOST) {
        // It asks again: it may run in another name next.
        write(slot, undefined)
        going.noted += 1
        if (going.ranLater === NONE_LATER) going.ranLater = new Map()
        going.ranLater.set(`${url} ${slot}`, { url, slot })
        return 0
      }
      told.add(write, slot)
      if (current) noteRan(current, url, slot)
      else if (!ended) append(later, { url, slot })
      return 0
    },
    watch: (write, slot, called) => {
      watched.set(write, (watched.get(write) ?? new Map<number, () => void>()).set(slot, called))
      write(slot, undefined)
    },
    unwatch: (write, slot) => void watched.get(write)?.delete(slot),
    calmUnit: (url, index, again) => {
      const run = runOf(url, index, false, again)
      const open = openOf(url)
      if (open) innermost = open.around
      enterCalmly(run)
    },
    unit: (url, index, waits, again) => {
      const run = runOf(url, index, waits, again)
      const open = openOf(url)
      if (!waits) {
        if (open) innermost = open.around
        enter(run)
        return
      }
      // While it waits, others run.
      if (open) leave(open.around)
      listenAgain()
      goOnIn(run)
    },
    left: url => {
      const open = openOf(url)
      if (open === null) {
        goOnIn(innermost?.run)
        return
      }
      leave(open.around)
      listenAgain()
    },
    end: () => {
      ended = true
      if (innermost === null) opening.disable()
    },
    hasEnded: () => ended,
    runs: () => {
      observed = observed.filter(run => run.deref() !== undefined)
      const all: UnitRun[] = []
      for (let each = lastRun; each !== null; each = each.before) all.push(each.run)
      return [...all.reverse(), ...observed.flatMap(run => run.deref() ?? [])]
    },
    runCount: () => runCount,
    ranLater: () => later,
    current: () => innermost?.run ?? goingOn.getStore() ?? null,
    opened: (type, resource) => {
      const run = innermost?.run ?? goingOn.getStore()
      if (run !== undefined) noteOpened(run, type, resource)
    },
    aside: open => {
      const current = innermost
      innermost = null
      try {
        goingOn.exit(open)
      } finally {
        innermost = current
      }
    },
    observe: (run, evaluate) => {
      const around = innermost
      observed.push(new WeakRef(run))
      enter(run)
      try {
        evaluate()
      } finally {
        leave(around)
      }
    },
    release: (write, slot) => {
      told.release(write, slot)
      turn.release(write, slot)
    },
  }
}
