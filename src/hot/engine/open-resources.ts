import { Server } from 'node:net'
import type { UnitRun } from '../runtime/unit-run.ts'

/**
 * Whether what `async_hooks` showed being opened is still open. Timers are asked with documented functions alone. Handles (servers, sockets,
 * watchers, child processes) are what `async_hooks` hands out as `resource`; no documentation says what that has, and there is no other way
 * from it to the `Server` or `Socket` it belongs to. They have `ref`, `unref` and `hasRef` as timers do, and `hasRef` is `false` for good once
 * they are closed; files have `fd`, which is negative then. `test/hot/left-open.test.ts` tries each kind on each version of Node.js.
 */
function isOpen(resource: object): boolean {
  if (resource instanceof Server) return resource.listening
  if (isStandard(resource)) return false
  if (isCounted(resource)) return resource instanceof Timer ? isLiveTimer(resource) : isLiveHandle(resource)
  return 'fd' in resource && typeof resource.fd === 'number' && resource.fd >= 0
}

/** Standard input, output and error are opened by who uses them first, and belong to the process. */
function isStandard(resource: object): boolean {
  return 'fd' in resource && typeof resource.fd === 'number' && resource.fd >= 0 && resource.fd <= 2
}

/** What can keep a process going. */
interface Counted {
  hasRef(): boolean
  ref(): unknown
  unref(): unknown
}

const Timer = (() => {
  const timer = setTimeout(() => undefined, 0)
  clearTimeout(timer)
  return timer.constructor as new () => Counted
})()

function isCounted(resource: object): resource is Counted {
  const { hasRef, ref, unref } = resource as Partial<Counted>
  return typeof hasRef === 'function' && typeof ref === 'function' && typeof unref === 'function'
}

/** Only one that is to fire changes the number of timers that keep the process going. */
function isLiveTimer(timer: Counted): boolean {
  const count = () => process.getActiveResourcesInfo().filter(type => type === 'Timeout').length
  const before = count()
  return toggled(timer, () => count() !== before)
}

function isLiveHandle(handle: Counted): boolean {
  return handle.hasRef() || toggled(handle, () => handle.hasRef())
}

/** Asks something while it is the other way round. */
function toggled<Answer>(counted: Counted, ask: () => Answer): Answer {
  const had = counted.hasRef()
  if (had) counted.unref()
  else counted.ref()
  try {
    return ask()
  } finally {
    if (had) counted.ref()
    else counted.unref()
  }
}

/** The server that a peer has on an endpoint of its parent. */
export const ENDPOINT = 'ENDPOINT'

const WORDS: Record<string, string> = {
  [ENDPOINT]: 'the server of an endpoint',
  Timeout: 'a timer',
  TCPSERVERWRAP: 'a server',
  PIPESERVERWRAP: 'a server on a Unix socket',
  TCPWRAP: 'a connection',
  PIPEWRAP: 'a pipe',
  TTYWRAP: 'a terminal',
  UDPWRAP: 'a UDP socket',
  PROCESSWRAP: 'a child process',
  FSEVENTWRAP: 'a watcher',
  STATWATCHER: 'a watcher',
  SIGNALWRAP: 'a signal handler',
  WORKER: 'a worker thread',
  MESSAGEPORT: 'a message port',
  FILEHANDLE: 'a file',
}

/** A child process, a worker or a server has these, and they end with it. */
const PARTS: Record<string, string> = {
  PIPEWRAP: 'PROCESSWRAP',
  MESSAGEPORT: 'WORKER',
  TCPSERVERWRAP: ENDPOINT,
  PIPESERVERWRAP: ENDPOINT,
}

type Opened = UnitRun['opened'][number]

export const stillOpen = (opened: Opened[]): Opened[] =>
  opened.filter(({ resource }) => {
    const living = resource.deref()
    return living !== undefined && isOpen(living)
  })

/** What a statement has opened and not closed, in words. */
export const openIn = (run: UnitRun | null): string[] => inWords(stillOpen(run?.opened ?? []))

export function inWords(opened: Opened[]): string[] {
  const types = opened.map(({ type }) => type)
  const counts = new Map<string, number>()
  for (const type of types) {
    const whole = PARTS[type]
    if (whole !== undefined && types.includes(whole)) continue
    const words = WORDS[type] ?? `a ${type}`
    counts.set(words, (counts.get(words) ?? 0) + 1)
  }
  return [...counts].map(([words, count]) => (count === 1 ? words : `${words} (${count} of them)`))
}
