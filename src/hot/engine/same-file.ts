import { readFileSync, statSync } from 'node:fs'

/** Whether two files have the same content; `false` where one of them is missing. */
export function sameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map(path => statSync(path, { throwIfNoEntry: false }))
  if (!a?.isFile() || !b?.isFile() || a.size !== b.size) return false
  return (a.ino === b.ino && a.dev === b.dev) || readFileSync(one).equals(readFileSync(other))
}
