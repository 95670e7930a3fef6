import type { State } from './state-file.ts'

/**
 * The ids that may go when `keep` releases stay: the newest of the lineage, then those out of it, last adopted first.
 * Current and previous stay whatever `keep` says.
 */
export function expendable({ releases, lineage }: State, keep: number): string[] {
  const others = Object.keys(releases).filter(id => !lineage.includes(id))
  return [...lineage.toReversed(), ...others.reverse()].slice(Math.max(keep, Math.min(2, lineage.length)))
}
