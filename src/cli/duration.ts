import { MAX_TIMER_MS } from '../clock.ts'
import { invalidOption } from './invalid-option.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `500ms`, `5s`, `2m`, `1h`, or a number of milliseconds. `option` names it in the error. */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  if (!match) {
    throw invalidOption(option, text, 'a duration is a number with ms, s, m or h, such as 500ms or 30s')
  }
  const ms = Number(match[1]) * UNITS[(match[2] ?? 'ms') as keyof typeof UNITS]
  if (ms > MAX_TIMER_MS) {
    throw invalidOption(option, text, `the longest duration is ${Math.floor(MAX_TIMER_MS / UNITS.h)}h`)
  }
  return ms
}

/** As {@link parseDuration}, or `infinity`. */
export function parseDurationOrInfinity(option: string, text: string): number {
  return text.toLowerCase() === 'infinity' ? Number.POSITIVE_INFINITY : parseDuration(option, text)
}

/** For people: `820 ms`, `3.2 s`, `4 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`
  return `${Math.floor(ms / 86_400_000)} d ${Math.floor((ms % 86_400_000) / 3_600_000)} h`
}
