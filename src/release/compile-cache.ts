import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RESERVED_FOLDER } from './manifest.ts'

/** Inside the release: there its modules have the same place, relative to the cache, in every release. */
export const compileCacheOf = (dir: string): string => join(dir, RESERVED_FOLDER, 'compile-cache')

/** Compiled code on its way to a new release. */
export interface InheritedCache {
  /** Puts it into the release, unless that has its own. */
  moveTo(dir: string): void
  discard(): void
}

/**
 * Gathers the compiled code of a release for the next one, in a new folder on the same file system: so it can be done while the next
 * one is still being unpacked. Node.js takes from it what is still the same by path and content, as most of a release's dependencies
 * are. Both releases have the same files: Node.js replaces those of a cache and never writes into them.
 * https://nodejs.org/api/module.html#portability-of-the-compile-cache
 */
export function inheritCompileCache(from: string, gathered: string): InheritedCache {
  const source = compileCacheOf(from)
  const discard = () => rmSync(gathered, { recursive: true, force: true })
  // One that failed half-way must not stand in the way of all that follow.
  discard()
  if (existsSync(source)) linkAll(source, gathered)
  return {
    moveTo: dir => {
      const target = compileCacheOf(dir)
      if (!existsSync(gathered) || existsSync(target)) return
      mkdirSync(dirname(target), { recursive: true })
      renameSync(gathered, target)
    },
    discard,
  }
}

function linkAll(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name)
    if (entry.isDirectory()) linkAll(path, join(to, entry.name))
    else linkIfThere(path, join(to, entry.name))
  }
}

/** A process that ends may be replacing the file at this moment. */
function linkIfThere(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
