import { now } from '../clock.ts'
import { isOver, type LeaseNote, type LeftLease, readLeaseNotes } from './lease-notes.ts'
import type { Logger } from './logger.ts'
import { killGroup } from './process-id.ts'

const LOOK_INTERVAL_MS = 50

export interface LeftLeases {
  list(): LeftLease[]
}

export interface LeftLeasesOptions {
  stateDir: string
  logger: Pick<Logger, 'warn'>
  /** Keeps a lease from being granted until what is returned is called. */
  block(name: string): () => void
}

/**
 * Peers of a parent that was killed end by themselves, and may hold leases until then. Nobody else gets those meanwhile, while all else
 * goes on. One that has outlived its parent by its `shutdownTimeout` has failed to end itself, and is killed. Looked for at the start of every parent: one that was stopped before they ended has not waited for them.
 */
export function watchLeftLeases(options: LeftLeasesOptions): LeftLeases {
  const { stateDir, logger, block } = options
  const startedAt = now()
  const left = new Map<LeaseNote, () => void>()
  for (const note of readLeaseNotes(stateDir)) if (!isOver(note)) left.set(note, block(note.name))
  if (left.size > 0) watch()

  function watch(): void {
    const late = new Set<LeaseNote>()
    const timer = setInterval(() => {
      for (const [note, unblock] of left) {
        if (isOver(note)) {
          left.delete(note)
          unblock()
        } else if (!late.has(note) && now() - startedAt >= (note.shutdownTimeout ?? Infinity)) {
          late.add(note)
          end(note, logger)
        }
      }
      if (left.size === 0) clearInterval(timer)
    }, LOOK_INTERVAL_MS).unref()
  }

  return { list: () => [...left.keys()].map(({ name, peer, pid }) => ({ name, peer, pid })) }
}

function end({ name, pid, process }: LeaseNote, logger: Pick<Logger, 'warn'>): void {
  const who = `peer process ${pid}, left by a parent that was killed, still holds the lease ${JSON.stringify(name)}`
  // Of one that is known by its number alone, that could be anybody's by now.
  logger.warn(process.started === null ? `${who}; end it, if it is still one` : `${who}; it is killed`)
  if (process.started !== null) killGroup(pid)
}
