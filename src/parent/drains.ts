import { now } from '../clock.ts'
import type { Publish } from './events.ts'
import type { Generation } from './generation.ts'
import type { Stopwatch } from './stopwatch.ts'
import { summaryOf } from './summary.ts'

/** Generations that may drain at once: each holds the memory of an application. */
const MAX_DRAINING = 3

/** The generations that have served and now finish. */
export interface Drains {
  /** `onGone`: see {@link Generation.drain}. */
  add(generation: Generation, onGone?: Parameters<Generation['drain']>[0]): void
  /** Resolves when one more may begin to drain. */
  room(step: Stopwatch['step']): Promise<void>
  list(): Generation[]
  /** Resolves when all of them have ended. */
  ended(): Promise<void>
}

/** `onEnd` runs after each; what it throws is its own to tell. */
export function createDrains(publish: Publish, onEnd: (generation: Generation) => Promise<void>): Drains {
  const drains = new Map<Generation, Promise<void>>()
  return {
    add: (generation, onGone) => {
      if (drains.has(generation)) return
      const startedAt = now()
      const facts = {
        release: summaryOf(generation.release),
        generation: generation.number,
        pids: generation.pids(),
      }
      publish('beam-deploy:drain:start', facts)
      const ended = generation
        .drain(onGone)
        .finally(() => {
          drains.delete(generation)
          publish('beam-deploy:drain:end', { ...facts, durationMs: Math.round(now() - startedAt) })
        })
        .then(() => onEnd(generation))
      drains.set(generation, ended)
    },
    room: async step => {
      while (drains.size >= MAX_DRAINING) {
        const oldest = drains.keys().next().value
        await step('drain', `waiting for generation ${oldest?.number} to drain`, () =>
          Promise.race(drains.values()),
        )
      }
    },
    list: () => [...drains.keys()],
    ended: async () => void (await Promise.all(drains.values())),
  }
}
