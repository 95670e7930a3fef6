import { MAX_TIMER_MS } from './clock.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** What a duration is, for errors. */
const DURATION_FORM = 'a duration is a number with ms, s, m or h, such as 500ms or 30s'
const LONGEST_DURATION = `the longest duration is ${Math.floor(MAX_TIMER_MS / UNITS.h)}h`

/** Milliseconds of `500ms`, `5s`, `2m`, `1h`, or a number of milliseconds; else the reason why it is none. */
export function readDuration(text: string): number | { wrong: string } {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  if (!match) return { wrong: DURATION_FORM }
  const ms = Number(match[1]) * UNITS[(match[2] ?? 'ms') as keyof typeof UNITS]
  return ms > MAX_TIMER_MS ? { wrong: LONGEST_DURATION } : ms
}
