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
  /** Milliseconds, or `Infinity`: a peer that outlives its parent by that has failed to end itself, and is killed. */
  shutdownTimeout: number
  logger: Pick<Logger, 'warn'>
  /** Keeps a lease from being granted until what is returned is called. */
  block(name: string): () => void
}

/**
 * Peers of a parent that was killed end by themselves, and may hold leases until then. Nobody else gets those meanwhile, while all else
 * goes on. Looked for at the start of every parent: one that was stopped before they ended has not waited for them.
 */
export function watchLeftLeases(options: LeftLeasesOptions): LeftLeases {
  const { stateDir, shutdownTimeout, logger, block } = options
  const left = new Map<LeaseNote, () => void>()
  for (const note of readLeaseNotes(stateDir)) if (!isOver(note)) left.set(note, block(note.name))
  if (left.size > 0) watch(now() + shutdownTimeout)

  function watch(giveUpAt: number): void {
    let late = false
    const timer = setInterval(() => {
      for (const [note, unblock] of left) {
        if (!isOver(note)) continue
        left.delete(note)
        unblock()
      }
      if (left.size === 0) clearInterval(timer)
      else if (!late && now() >= giveUpAt) {
        late = true
        for (const note of left.keys()) end(note, logger)
      }
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
