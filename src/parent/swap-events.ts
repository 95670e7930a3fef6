import type { Phase } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { ReleaseSummary, UpgradeReport } from '../rpc/contracts.ts'
import type { SwapFacts } from '../rpc/events.ts'
import type { Publish } from './events.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Generation } from './generation.ts'
import type { OnStep } from './stopwatch.ts'
import { summaryOf } from './summary.ts'

/** Publishes the steps of a swap or of a start; `facts` says what is known of it by then. */
function tellSteps(publish: Publish, facts: () => SwapFacts): OnStep {
  return (phase, outcome) => {
    if (!isTold(phase)) return
    switch (outcome.kind) {
      case 'start':
        publish(`beam-deploy:${phase}:start`, facts())
        break
      case 'end':
        publish(`beam-deploy:${phase}:end`, { ...facts(), durationMs: Math.round(outcome.durationMs) })
        break
      case 'error':
        publish(`beam-deploy:${phase}:error`, { ...facts(), ...failureOf(outcome.error, outcome.durationMs) })
        break
      default: {
        const unreachable: never = outcome
        throw new Error(`unknown outcome ${JSON.stringify(unreachable)}`)
      }
    }
  }
}

/** The steps that have events. */
const TOLD = ['bake', 'back', 'unpack', 'boot', 'health', 'cutover', 'plan', 'commit'] as const

const isTold = (phase: Phase): phase is (typeof TOLD)[number] => TOLD.some(told => told === phase)

interface SwapRequest {
  action: Exclude<SwapFacts['action'], 'start'>
  source: string | null
  outgoing: Generation
}

export interface SwapEvents {
  onStep: OnStep
  /** What it is that is swapped to. */
  found(release: Release): void
  succeeded(incoming: Generation, spent: Pick<UpgradeReport, 'durationMs' | 'phases'>): void
  failed(failure: Failure): void
}

/** Publishes the whole of a swap, which begins now; `incoming` names the new generation, once there is one. */
export function tellSwap(
  publish: Publish,
  { action, source, outgoing }: SwapRequest,
  incoming: () => Generation | null,
): SwapEvents {
  const previous = summaryOf(outgoing.release)
  let release: ReleaseSummary | null = null
  const facts = (): SwapFacts => ({
    action,
    source,
    release,
    previous,
    generation: incoming()?.number ?? null,
  })
  publish('beam-deploy:upgrade:start', facts())
  return {
    onStep: tellSteps(publish, facts),
    found: next => {
      release = summaryOf(next)
    },
    succeeded: ({ number, release: next }, spent) =>
      publish('beam-deploy:upgrade:end', {
        action,
        source,
        release: summaryOf(next),
        previous,
        generation: number,
        ...spent,
      }),
    failed: failure => publish('beam-deploy:upgrade:error', { ...facts(), ...failure }),
  }
}

/** The steps of the parent's start. */
export function tellStart(publish: Publish, { release, number }: Generation): OnStep {
  const facts = { release: summaryOf(release), previous: null, generation: number }
  return tellSteps(publish, () => ({ action: 'start', source: null, ...facts }))
}
