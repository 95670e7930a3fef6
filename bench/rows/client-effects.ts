import { setTimeout as delay } from 'node:timers/promises'
import { type EffectsReply, startEffectsLoad } from '../support/effects/load.ts'
import { beamDeploy, pm2, rollingRestart, type Subject } from '../support/effects/subjects.ts'
import type { Effects } from '../support/effects/tally.ts'
import type { Measurement, Row, RowContext } from '../support/row.ts'
import { quantile } from '../support/stats.ts'

const SUBJECTS = [beamDeploy, pm2, rollingRestart]
/** Between swaps, so that each meets clients at rest. */
const PAUSE_MS = 500

/**
 * What clients notice while the application is replaced again and again in two processes: by us, by `pm2 reload` and by the rolling
 * restart of `node:cluster`, with the same clients and the same application, one after the other.
 */
export const clientEffects: Row = {
  name: 'client-effects',
  run: async context => {
    const swaps = context.rounds(5)
    const results: { label: string; reply: EffectsReply }[] = []
    for (const start of SUBJECTS) {
      const subject = await start(context.scope)
      results.push({ label: subject.label, reply: await meet(context, subject, swaps) })
      await subject.stop()
    }
    const kinds = Object.keys(results[0]?.reply.effects ?? {})
    return kinds.map(kind =>
      compare(
        kind,
        swaps,
        results.map(({ label, reply }) => ({ label, effects: effectsOf(reply, kind) })),
      ),
    )
  },
}

async function meet({ scope, progress }: RowContext, subject: Subject, swaps: number): Promise<EffectsReply> {
  const load = startEffectsLoad(scope, subject)
  for (let swap = 1; swap <= swaps; swap += 1) {
    await delay(PAUSE_MS)
    progress(`${subject.label}: swap ${swap} of ${swaps}`)
    load.swapping(true)
    await subject.swap()
    load.swapping(false)
  }
  await delay(PAUSE_MS)
  return load.stop()
}

function effectsOf({ effects }: EffectsReply, kind: string): Effects {
  const found = effects[kind]
  if (!found) throw new Error(`no clients of ${kind}`)
  return found
}

interface Result {
  label: string
  effects: Effects
}

const HEADINGS = ['', 'asked', 'failed', 'resets', 'closed', 'again', 'p50', 'p99', 'max (ms)']

function compare(kind: string, swaps: number, results: Result[]): Measurement {
  const lines = [HEADINGS, ...results.map(cellsOf)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const table = lines.map(line =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  const failures = results.flatMap(({ label, effects }) =>
    [...new Set(effects.failures)].map(failure => `${label}: ${failure}`),
  )
  return {
    what: `failed in ${swaps} swaps of two processes, ${kind}`,
    figure: results[0]?.effects.failed ?? Number.NaN,
    digits: 0,
    budget: { max: 0 },
    details: [...table, ...failures],
  }
}

function cellsOf({ label, effects }: Result): string[] {
  const { asked, failed, resets, closed, again, latencies } = effects
  const times = [0.5, 0.99, 1].map(share => quantile(latencies, share).toFixed(1))
  return [
    label,
    ...[asked, failed, resets].map(String),
    closed === null ? '-' : String(closed),
    String(again),
    ...times,
  ]
}
