/** What ran, and what was opened, while one top-level statement was evaluated. */
export interface UnitRun {
  url: string
  index: number
  /** Functions of the application that ran: module and slot. */
  ran: { url: string; slot: number }[]
  /** The same for what went on in its name once it had ended, by module and slot. */
  ranLater: Map<string, { url: string; slot: number }>
  /** How often that was noted. */
  noted: number
  /** What it opened, or what goes on in its name did: timers, sockets, and so on, by the names of `async_hooks`. */
  opened: { type: string; resource: WeakRef<object> }[]
  /** Whether it may go on after its statement has ended. */
  waits: boolean
}

/** In most runs nothing does: these are replaced, not written to. */
export const NONE_LATER: UnitRun['ranLater'] = new Map()

const NONE_RAN: UnitRun['ran'] = Object.freeze([]) as never[]
const NONE_OPENED: UnitRun['opened'] = Object.freeze([]) as never[]

export const newRun = (url: string, index = -1, waits = false): UnitRun => ({
  url,
  index,
  ran: NONE_RAN,
  ranLater: NONE_LATER,
  noted: 0,
  opened: NONE_OPENED,
  waits,
})

/** What one statement has opened is looked through when there is so much, for what is there no more. */
const MANY = 64

export function noteRan(run: UnitRun, url: string, slot: number): void {
  if (run.ran.length === 0) run.ran = []
  append(run.ran, { url, slot })
}

/** Held weakly: whether it is still open is looked up when it is asked for. */
export function noteOpened(run: UnitRun, type: string, resource: object): void {
  if (run.opened.length === 0) run.opened = []
  append(run.opened, { type, resource: new WeakRef(resource) })
  if (run.opened.length % MANY !== 0) return
  const there: UnitRun['opened'] = []
  for (let index = 0; index < run.opened.length; index += 1) {
    const opened = run.opened[index]
    if (opened?.resource.deref() !== undefined) append(there, opened)
  }
  run.opened = there
}

/** Without what arrays inherit: applications may have changed that, be it by an accessor for an index. */
export function append<Item>(list: Item[], value: Item): void {
  Object.defineProperty(list, list.length, { value, writable: true, enumerable: true, configurable: true })
}
