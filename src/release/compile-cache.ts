import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RESERVED_FOLDER } from './manifest.ts'

/** Inside the release: there its modules have the same place, relative to the cache, in every release. */
export const compileCacheOf = (dir: string): string => join(dir, RESERVED_FOLDER, 'compile-cache')

/**
 * Gives a new release the compiled code of the one before. Node.js takes from it what is still the same by path and
 * content, as most of a release's dependencies are. Both releases have the same files: Node.js replaces
 * those of a cache and never writes into them.
 * https://nodejs.org/api/module.html#portability-of-the-compile-cache
 */
export function inheritCompileCache(from: string, to: string): void {
  const source = compileCacheOf(from)
  const target = compileCacheOf(to)
  if (existsSync(source) && !existsSync(target)) linkAll(source, target)
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
