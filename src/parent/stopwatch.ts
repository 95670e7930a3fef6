import { now } from '../clock.ts'
import type { Phase } from '../errors.ts'

export interface Stopwatch {
  /** Tells of a step and adds its time, in milliseconds, to its phase. */
  step<T>(phase: Phase, text: string, run: () => Promise<T>): Promise<T>
  phases(): Partial<Record<Phase, number>>
  total(): number
}

export function createStopwatch(announce: (phase: Phase, text: string) => void): Stopwatch {
  const startedAt = now()
  const phases: Partial<Record<Phase, number>> = {}
  return {
    step: async (phase, text, run) => {
      announce(phase, text)
      const from = now()
      try {
        return await run()
      } finally {
        phases[phase] = Math.round((phases[phase] ?? 0) + now() - from)
      }
    },
    phases: () => phases,
    total: () => now() - startedAt,
  }
}
