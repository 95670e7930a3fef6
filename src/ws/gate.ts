import type { WebSocket } from 'ws'
import { OPERATIONS, type Operation } from './contract.ts'

/** What an application does to a WebSocket goes through here, so that it can wait, or happen elsewhere. */
export interface Gate {
  /** From now on what is done waits, and nothing is read. A message of which the application has sent a part may be ended first. */
  hold(): void
  isHeld(): boolean
  /** Whether a message has been sent in part: the rest must go the same way. */
  isMidMessage(): boolean
  /** What has waited is done, here; it is read on, unless the application has paused it. */
  release(): void
  /** What waits. */
  waiting(): readonly Operation[]
  /** What has waited, but for what is there already, and whatever follows, goes there. */
  passTo(elsewhere: (operation: Operation) => void, isThere: (operation: Operation) => boolean): void
}

type Way =
  | { way: 'here' }
  | { way: 'waits'; operations: Operation[]; isPaused: boolean }
  | { way: 'elsewhere'; to(operation: Operation): void }

type Does = (...args: unknown[]) => unknown

/** Stands in for the methods of one WebSocket. */
export function gateOf(ws: WebSocket): Gate {
  const methods = ws as unknown as Record<Operation['name'] | 'pause' | 'resume', Does>
  let way: Way = { way: 'here' }
  let isMidMessage = false

  const native = new Map<string, Does>()
  const runHere = (name: string, args: unknown[]) => native.get(name)?.apply(ws, args)

  function operate(operation: Operation): unknown {
    switch (way.way) {
      case 'here':
        return operateHere(operation)
      case 'waits':
        if (isMidMessage && operation.name === 'send') return operateHere(operation)
        way.operations.push(operation)
        return undefined
      case 'elsewhere':
        return way.to(operation)
      default: {
        const unreachable: never = way
        throw new Error(`unknown way ${JSON.stringify(unreachable)}`)
      }
    }
  }

  function operateHere({ name, args }: Operation): unknown {
    if (name === 'send') isMidMessage = (args[1] as { fin?: boolean } | undefined)?.fin === false
    return runHere(name, args)
  }

  for (const name of OPERATIONS) {
    native.set(name, methods[name])
    methods[name] = (...args) => operate({ name, args })
  }
  for (const name of ['pause', 'resume'] as const) {
    native.set(name, methods[name])
    methods[name] = () => {
      if (way.way === 'waits') way.isPaused = name === 'pause'
      else if (way.way === 'here') runHere(name, [])
    }
  }

  return {
    hold: () => {
      if (way.way !== 'here') return
      way = { way: 'waits', operations: [], isPaused: ws.isPaused }
      runHere('pause', [])
    },
    isHeld: () => way.way === 'waits',
    isMidMessage: () => isMidMessage,
    release: () => {
      if (way.way !== 'waits') return
      const { operations, isPaused } = way
      way = { way: 'here' }
      for (const operation of operations) operateHere(operation)
      if (!isPaused) runHere('resume', [])
    },
    waiting: () => (way.way === 'waits' ? [...way.operations] : []),
    passTo: (to, isThere) => {
      const waiting = way.way === 'waits' ? way.operations : []
      way = { way: 'elsewhere', to }
      for (const operation of waiting) if (!isThere(operation)) to(operation)
    },
  }
}
