import { isBeamDeployError, messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type { SwapFacts } from '../rpc/events.ts'
import type { Publish } from './events.ts'
import { failureOf } from './failure.ts'
import type { Logger } from './logger.ts'
import type { Caller, Turn } from './parent-types.ts'
import type { HistoryRecord } from './record-history.ts'
import { createStopwatch, type Stopwatch } from './stopwatch.ts'
import { type SwapEvents, tellSwap } from './swap-events.ts'

/** What a swap is while it is under way. */
export interface SwapRecord {
  watch: Stopwatch
  told: SwapEvents
  /** Notes which release it is about. */
  found(release: Release): void
}

export interface RecordParts {
  publish: Publish
  store: Store
  history: HistoryRecord
  logger: Logger
}

interface Recorded {
  action: Exclude<SwapFacts['action'], 'start'>
  source: string | null
  caller: Caller
  turn: Turn
}

/** Runs a swap: its caller, events, log and history hear of its steps and of its failure, and nothing of a release that failed stays. */
export async function recordedSwap<T>(
  { action, source, caller, turn }: Recorded,
  { publish, store, history, logger }: RecordParts,
  run: (record: SwapRecord) => Promise<T>,
): Promise<T> {
  const { signal, outgoing } = turn
  const before = outgoing.release
  let release: Release | null = null
  const told = tellSwap(publish, { action, source, outgoing }, turn.incoming)
  const watch = createStopwatch(told.onStep, (phase, text) => {
    turn.progress({ phase, text })
    caller.progress({ phase, text })
  })
  const found = (next: Release) => {
    release = next
    told.found(next)
  }
  const complain = (error: unknown) => logger.error(messageOf(error))
  /** One that has served stays: its peers may need its files while they drain, and people look at what went wrong. */
  const dropped = async ({ id }: Release, hasServed: boolean) => {
    if (!hasServed) await store.dropUncommitted(id).catch(complain)
    return id
  }
  const servesOn = (error: unknown) =>
    action !== 'fall-back' && !(isBeamDeployError(error) && error.phase === 'back')
  try {
    return await run({ watch, told, found })
  } catch (thrown) {
    const error: unknown = signal.aborted ? signal.reason : thrown
    const failure = failureOf(error, watch.total())
    const isRolledBack = failure.code === 'rolled_back'
    logger.error(
      isRolledBack
        ? `${action}: ${messageOf(error)}`
        : `${action} failed${servesOn(error) ? `; ${before.version} serves on` : ''}: ${messageOf(error)}`,
    )
    const id = release && (await dropped(release, isRolledBack))
    await history.failed(action, before.id, id, failure).catch(complain)
    told.failed(failure)
    throw error
  }
}
