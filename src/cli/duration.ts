import { InvalidArgumentError } from 'commander'

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `500ms`, `5s`, `2m`, `1h`, or a number of milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  const unit = UNITS[match?.[2] ?? 'ms']
  if (!match || unit === undefined) {
    throw new InvalidArgumentError('A duration is a number with ms, s, m or h, such as 500ms or 30s.')
  }
  return Number(match[1]) * unit
}

/** As {@link parseDuration}, or `infinity`. */
export function parseDurationOrInfinity(text: string): number {
  return text.toLowerCase() === 'infinity' ? Number.POSITIVE_INFINITY : parseDuration(text)
}

/** For people: `820 ms`, `3.2 s`, `4 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`
  return `${Math.floor(ms / 86_400_000)} d ${Math.floor((ms % 86_400_000) / 3_600_000)} h`
}
