import { aborted } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { DrainContext, DrainHandler, Drains } from '../rpc/drain-contracts.ts'
import { stayAlive } from './stay-alive.ts'

export interface DrainHandlers extends Drains {
  /** Another generation serves in the place of this one. Only the first call until {@link over} does anything. */
  begin(): void
  /** This peer serves again. */
  over(): void
  /** Resolves when all that was begun has ended, or `signal` is aborted, of which the handlers hear too. */
  settled(signal: AbortSignal): Promise<void>
  /** The application is about to be told to stop. */
  stopping(): void
}

/** Runs what the application does at a cutover. A handler that fails is shown, and holds nothing up. */
export function createDrainHandlers(timeLimit: number | null): DrainHandlers {
  const handlers: DrainHandler[] = []
  const stops: (() => void)[] = []
  const returns: (() => void)[] = []
  const held = new Set<Promise<unknown>>()
  let current: { context: DrainContext; ending: AbortController } | null = null

  async function run(handler: DrainHandler, context: DrainContext): Promise<void> {
    try {
      await handler(context)
    } catch (error) {
      process.emitWarning(`a handler of onDrain failed: ${messageOf(error)}`, 'BeamDeployWarning')
    }
  }

  function hold(until: Promise<unknown>): void {
    const settled: Promise<unknown> = until.catch(() => undefined).finally(() => held.delete(settled))
    held.add(settled)
  }

  return {
    onDrain: handler => {
      handlers.push(handler)
      if (current) hold(run(handler, current.context))
    },
    current: () => current?.context ?? null,
    hold,
    onStop: act => {
      stops.push(act)
    },
    begin: () => {
      if (current) return
      const ending = new AbortController()
      current = { context: { signal: ending.signal, timeLimit }, ending }
      for (const handler of handlers) hold(run(handler, current.context))
    },
    onReturn: act => {
      returns.push(act)
    },
    over: () => {
      if (!current) return
      current = null
      for (const act of returns) act()
    },
    settled: async signal => {
      const ended = aborted(signal).then(() => current?.ending.abort())
      // What is waited for may be nothing that keeps a process.
      using _alive = stayAlive()
      while (held.size > 0 && !signal.aborted) await Promise.race([Promise.all(held), ended])
    },
    stopping: () => {
      for (const stop of stops.splice(0)) stop()
    },
  }
}
