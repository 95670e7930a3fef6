/**
 * The releases that were switched to and not gone back from, oldest first: the last one is current, the one before it is what
 * a rollback goes to. No release is in it twice.
 */
export type Lineage = readonly string[]

/** After a switch to `id`. */
export const switchedTo = (lineage: Lineage, id: string): Lineage => [
  ...lineage.filter(other => other !== id),
  id,
]

/** After a rollback. */
export const wentBack = (lineage: Lineage): Lineage => lineage.slice(0, -1)

/**
 * What it must have been when the current release is `id`: the link and the lineage are written one after the other, and a
 * crash in between leaves the link ahead. A link to a release below the top is that of a rollback.
 */
export function agreeingWith(lineage: Lineage, id: string): Lineage {
  const at = lineage.indexOf(id)
  return at === -1 ? [...lineage, id] : lineage.slice(0, at + 1)
}
