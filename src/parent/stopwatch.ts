import { now } from '../clock.ts'
import type { Phase } from '../errors.ts'

export interface Stopwatch {
  /** Tells of a step and adds its time, in milliseconds, to its phase. */
  step<T>(phase: Phase, text: string, run: () => Promise<T>): Promise<T>
  /** Tells of what happens in a step. */
  tell(phase: Phase, text: string): void
  phases(): Partial<Record<Phase, number>>
  total(): number
}

/** What became of one step; `durationMs` is of this step alone. */
export type StepOutcome =
  | { kind: 'start' }
  | { kind: 'end'; durationMs: number }
  | { kind: 'error'; durationMs: number; error: unknown }

export type OnStep = (phase: Phase, outcome: StepOutcome) => void

export function createStopwatch(
  onStep: OnStep,
  announce: (phase: Phase, text: string) => void = () => undefined,
): Stopwatch {
  const startedAt = now()
  const phases: Partial<Record<Phase, number>> = {}
  return {
    step: async (phase, text, run) => {
      announce(phase, text)
      onStep(phase, { kind: 'start' })
      const from = now()
      const lap = () => {
        const durationMs = now() - from
        phases[phase] = Math.round((phases[phase] ?? 0) + durationMs)
        return durationMs
      }
      const result = await run().catch((error: unknown) => {
        onStep(phase, { kind: 'error', durationMs: lap(), error })
        throw error
      })
      onStep(phase, { kind: 'end', durationMs: lap() })
      return result
    },
    tell: announce,
    phases: () => phases,
    total: () => now() - startedAt,
  }
}
