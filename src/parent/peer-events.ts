import { now } from '../clock.ts'
import type { Release } from '../release/release.ts'
import type { ReleaseSummary } from '../rpc/contracts.ts'
import type { BeamDeployEvents } from '../rpc/events.ts'
import type { Events, Tell } from './events.ts'
import type { ExitStatus } from './exits.ts'
import { summaryOf } from './summary.ts'

interface PeerEvents {
  /** It has been told what to run. One that never is has no events. */
  started(release: Release): void
  ready(): void
  /** Another release runs in it by now. */
  became(release: Release): void
  exited(state: BeamDeployEvents['beam-deploy:peer:exit']['state'], status: ExitStatus): void
}

/**
 * Publishes the life of one peer, and has it told of everything that happens from when it is ready until it is gone. (What came
 * earlier might meet an application that has not subscribed yet, or has.)
 */
export function createPeerEvents(
  { publish, add, remove }: Events,
  who: { generation: number; slot: number; pid: number | null },
  tell: Tell,
): PeerEvents {
  let release: ReleaseSummary | null = null
  let startedAt = 0
  return {
    started: next => {
      release = summaryOf(next)
      startedAt = now()
      publish('beam-deploy:peer:start', { release, ...who })
    },
    ready: () => {
      add(tell)
      if (release)
        publish('beam-deploy:peer:ready', { release, ...who, durationMs: Math.round(now() - startedAt) })
    },
    became: next => {
      release = summaryOf(next)
    },
    exited: (state, { code: exitCode, signal }) => {
      remove(tell)
      if (release) publish('beam-deploy:peer:exit', { release, ...who, state, exitCode, signal })
    },
  }
}
