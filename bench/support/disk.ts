import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What a path takes on disk, with everything in it. What vanishes meanwhile counts nothing: old releases are removed at any time. */
export function sizeOf(path: string): { kib: number; entries: number } {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return { kib: 0, entries: 0 }
  const inside = stat.isDirectory() ? namesIn(path).map(name => sizeOf(join(path, name))) : []
  return inside.reduce((sum, { kib, entries }) => ({ kib: sum.kib + kib, entries: sum.entries + entries }), {
    // `stat` counts in blocks of 512 bytes, whatever the file system's are.
    kib: stat.blocks / 2,
    entries: 1,
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
