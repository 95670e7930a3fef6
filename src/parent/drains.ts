import { now } from '../clock.ts'
import { describeHeld } from '../rpc/describe-load.ts'
import type { Publish } from './events.ts'
import type { Generation } from './generation.ts'
import type { Logger } from './logger.ts'
import { summaryOf } from './summary.ts'

/** The generations that have served and now finish. */
export interface Drains {
  /**
   * Has a generation drain; `onGone`: see {@link Generation.drain}. Where that makes too many at once, the oldest is ended, with a
   * warning. Without `onGone`, at the end of the parent, none is.
   */
  add(generation: Generation, onGone?: Parameters<Generation['drain']>[0]): void
  /** Oldest first. */
  list(): Generation[]
  /** Resolves when all of them have ended. */
  ended(): Promise<void>
}

export interface DrainsOptions {
  publish: Publish
  logger: Logger
  /** Generations that may drain at once: each holds the memory of an application. */
  max: number
}

/** `onEnd` runs after each; what it throws is its own to tell. */
export function createDrains(
  { publish, logger, max }: DrainsOptions,
  onEnd: (generation: Generation) => Promise<void>,
): Drains {
  const drains = new Map<Generation, Promise<void>>()
  /** On their way out already. */
  const endedEarly = new Set<Generation>()

  function makeRoom(): void {
    const counted = [...drains.keys()].filter(generation => !endedEarly.has(generation))
    for (const oldest of counted.slice(0, Math.max(0, counted.length - max + 1))) {
      endedEarly.add(oldest)
      void endEarly(oldest)
    }
  }

  async function endEarly(generation: Generation): Promise<void> {
    const { number, release } = generation
    const held = (await generation.describe()).flatMap(peer =>
      peer.state === 'draining' ? [`peer ${peer.id}: ${describeHeld(peer.load)}`] : [],
    )
    logger.warn(
      `generation ${number} (${release.version}) is ended before it has drained, since ${max} may drain at once ` +
        `(--max-draining) and another begins; it still had ${held.join('; ') || 'nothing open'}`,
    )
    await generation.kill()
  }

  return {
    add: (generation, onGone) => {
      if (drains.has(generation)) return
      if (onGone) makeRoom()
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
          endedEarly.delete(generation)
          publish('beam-deploy:drain:end', { ...facts, durationMs: Math.round(now() - startedAt) })
        })
        .then(() => onEnd(generation))
      drains.set(generation, ended)
    },
    list: () => [...drains.keys()],
    ended: async () => void (await Promise.all(drains.values())),
  }
}
