import { now, pause } from '../clock.ts'
import { BeamDeployError, messageOf } from '../errors.ts'
import type { ParentChildSummary } from '../rpc/contracts.ts'
import type { Packed } from '../rpc/packed.ts'
import type { Logger } from './logger.ts'
import { createRestarts, RESTART_POLICY } from './restart-policy.ts'

/** A parent child that has started. */
export interface RunningChild {
  readonly pid: number
  call(method: string, args: Packed): Promise<Packed>
  /** Resolves, to why, when it has ended: by itself or by {@link stop}. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

export interface ChildSpec {
  id: string
  /** Rejects where it does not start; nothing of it is left then. */
  start(): Promise<RunningChild>
}

export interface ParentChildren {
  /** Starts them in order. Rejects with `parent_child_failed` when one does not start; those before it are stopped then. */
  start(): Promise<void>
  /** Calls a method of a child. Waits for one that is being restarted. */
  call(child: string, method: string, args: Packed): Promise<Packed>
  /** Stops them in reverse order. */
  stop(): Promise<void>
  describe(): ParentChildSummary[]
}

type Place =
  | { state: 'running'; child: RunningChild }
  | { state: 'restarting'; again: Promise<RunningChild> }
  | { state: 'ended' }

export interface ParentChildrenOptions {
  specs: readonly ChildSpec[]
  logger: Logger
  /** One has ended too often. */
  onExhausted(id: string): void
}

/** Keeps the parent children running, whatever peers come and go. */
export function createParentChildren({ specs, logger, onExhausted }: ParentChildrenOptions): ParentChildren {
  const places = new Map<string, Place>()
  const stopping = new AbortController()

  async function keepRunning(spec: ChildSpec, first: RunningChild): Promise<void> {
    const restarts = createRestarts(RESTART_POLICY)
    let child: RunningChild | null = first
    let why = ''
    for (;;) {
      if (child) why = await child.ended
      if (stopping.signal.aborted) return
      const decision = restarts(now())
      if (!decision.restart) {
        places.set(spec.id, { state: 'ended' })
        const { limit, windowMs } = RESTART_POLICY
        logger.error(`parent child ${spec.id} ${why}; ${limit} restarts in ${windowMs / 1000} s did not help`)
        onExhausted(spec.id)
        return
      }
      logger.warn(
        `parent child ${spec.id} ${why}; restarting it (${decision.attempt} of ${RESTART_POLICY.limit})`,
      )
      const again = pause(decision.delayMs, stopping.signal).then(() => spec.start())
      places.set(spec.id, { state: 'restarting', again })
      try {
        child = await again
        places.set(spec.id, { state: 'running', child })
      } catch (error) {
        child = null
        why = `did not start: ${messageOf(error)}`
      }
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    for (const [id, place] of [...places].reverse()) {
      const child = await livingChild(place)
      places.set(id, { state: 'ended' })
      await child?.stop().catch(error => logger.error(`parent child ${id} did not stop: ${messageOf(error)}`))
    }
  }

  return {
    start: async () => {
      for (const spec of specs) {
        try {
          const child = await spec.start()
          places.set(spec.id, { state: 'running', child })
          // Stopped meanwhile: what was not there yet is stopped now.
          if (stopping.signal.aborted) return await child.stop()
          void keepRunning(spec, child)
        } catch (cause) {
          await stop()
          throw new BeamDeployError(
            'parent_child_failed',
            `parent child ${spec.id} did not start: ${messageOf(cause)}`,
            { phase: 'boot', cause },
          )
        }
      }
    },
    call: async (id, method, args) => {
      const place = places.get(id)
      if (!place) throw unknownChild(id, specs)
      const child = await livingChild(place)
      if (!child) throw gone(id)
      return child.call(method, args)
    },
    stop,
    describe: () =>
      [...places].map(([id, place]) =>
        place.state === 'running'
          ? { id, state: 'running', pid: place.child.pid }
          : { id, state: place.state },
      ),
  }
}

async function livingChild(place: Place): Promise<RunningChild | null> {
  switch (place.state) {
    case 'running':
      return place.child
    case 'restarting':
      return place.again.catch(() => null)
    case 'ended':
      return null
    default: {
      const unreachable: never = place
      throw new Error(`unknown state ${JSON.stringify(unreachable)}`)
    }
  }
}

const gone = (id: string) =>
  new BeamDeployError('peer_gone', `parent child ${id} has ended`, { phase: 'control' })

function unknownChild(id: string, specs: readonly ChildSpec[]): BeamDeployError {
  const found = specs.length > 0 ? `it has ${specs.map(spec => spec.id).join(', ')}` : 'it has none'
  return new BeamDeployError('not_exposed', `the parent has no child ${JSON.stringify(id)}: ${found}.`, {
    phase: 'control',
  })
}
