import { readDuration } from '../duration.ts'
import { invalidOption } from './invalid-option.ts'

/** `500ms`, `5s`, `2m`, `1h`, or a number of milliseconds. `option` names it in the error. */
export function parseDuration(option: string, text: string): number {
  const ms = readDuration(text)
  if (typeof ms === 'number') return ms
  throw invalidOption(option, text, ms.wrong)
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
