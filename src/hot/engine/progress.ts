import { setImmediate as turn } from 'node:timers/promises'
import { BeamDeployError, messageOf } from '../../errors.ts'
import { createJournal, type Journal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { WorldModule } from '../plan/world.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import { lookBack } from './begin-again.ts'
import type { FailedEvaluation } from './failed-evaluation.ts'
import { inWords, stillOpen } from './open-resources.ts'
import type { Pending } from './own-replacement.ts'
import type { Again } from './prepared.ts'
import type { Loading } from './spent.ts'

/** What the one synchronous step has done so far. */
export interface Progress {
  journal: Journal
  /** What has been evaluated. */
  runs: Map<UnitPiece, UnitRun>
  /** What of that came to its end. */
  done: { module: WorldModule; unit: UnitPiece }[]
  /** What callbacks of the application have begun. */
  pending: Pending[]
  loading: Loading
}

export const createProgress = (loading: Loading): Progress => ({
  journal: createJournal(),
  runs: new Map(),
  done: [],
  pending: [],
  loading,
})

/**
 * Waits for what callbacks of the application have begun, and looks whether what was to be ended has been, and nothing else.
 *
 * @returns what is worth knowing.
 * @throws where a callback has failed, or has ended what does not run anew.
 */
export async function checkCallbacks(
  { pending }: Progress,
  again: Map<WorldModule, Again>,
  timeoutMs: number,
): Promise<string[]> {
  const late = await waitFor(pending, timeoutMs)
  if (again.size === 0) return late
  await closed()
  const { lost, left } = lookBack(again)
  if (lost.length > 0) throw new Error(lost.join('; '))
  return [...late, ...left]
}

/** What is being closed is closed at the end of a turn, after what `setImmediate` runs in it. */
async function closed(): Promise<void> {
  await turn()
  await turn()
}

/** Rejects with the first that fails; gives those that are not over when their time is. */
async function waitFor(pending: Pending[], timeoutMs: number): Promise<string[]> {
  if (pending.length === 0) return []
  const late = new Set(pending.map(({ what }) => `${what} has not come to its end yet`))
  const over = Promise.withResolvers<void>()
  const timer = setTimeout(over.resolve, timeoutMs)
  try {
    const all = pending.map(async ({ what, end }) => {
      try {
        await end
      } catch (error) {
        throw new Error(`${what} failed: ${messageOf(error)}`, { cause: error })
      }
      late.delete(`${what} has not come to its end yet`)
    })
    await Promise.race([Promise.all(all), over.promise])
    return [...late]
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Undoes the step. Its first part is synchronous.
 *
 * @returns what could not be undone, in words.
 */
export async function undo(progress: Progress, timeoutMs: number): Promise<string[]> {
  for (const { end } of progress.pending) end.catch(() => undefined)
  progress.pending = []
  const failures: string[] = []
  try {
    progress.journal.undo()
  } catch (error) {
    failures.push(...allIn(error).map(messageOf))
  }
  const isLate = await waitFor(progress.pending, timeoutMs).catch((error: unknown) => [messageOf(error)])
  await closed()
  const left = endLeft(progress)
  progress.loading.spend()
  return [...failures, ...isLate, ...left]
}

const allIn = (error: unknown): unknown[] =>
  error instanceof AggregateError ? error.errors.flatMap(allIn) : [error]

/** Timers of statements that are undone are cleared. There is no way to close anything else. */
function endLeft({ runs, loading }: Progress): string[] {
  const left = [...runs.values(), ...loading.runs()].flatMap(({ opened }) => stillOpen(opened))
  const others = left.filter(({ type, resource }) => {
    if (type !== 'Timeout') return true
    clearTimeout(resource.deref() as NodeJS.Timeout | undefined)
    return false
  })
  if (others.length === 0) return []
  return [`statements that ran have left ${inWords(others).join(', ')} open`]
}

/** The error that an upgrade which was undone rejects with. */
export function undoneError(error: unknown, failures: string[], version: string): BeamDeployError {
  const { reasons } = error as Partial<FailedEvaluation>
  const options = { phase: 'commit', cause: error, ...(reasons && { reasons }) } as const
  if (failures.length > 0)
    return new BeamDeployError(
      'hot_upgrade_failed',
      `${version}: ${messageOf(error)}. It was undone, but not all of it: ${failures.join('; ')}. Use \`upgrade()\` to begin with a new process`,
      options,
    )
  if (error instanceof BeamDeployError) return error
  return new BeamDeployError(
    'hot_upgrade_failed',
    `${version}: ${messageOf(error)}; all is as before`,
    options,
  )
}
