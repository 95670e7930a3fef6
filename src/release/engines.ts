import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import satisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'

/**
 * The versions of Node.js that a release asks for, where this one is none of them; `null` where it is, or where the release asks for nothing that
 * can be understood.
 *
 * @param dir with its `package.json`, which is there.
 * @param version of the Node.js that would run it.
 * @see https://docs.npmjs.com/cli/configuring-npm/package-json#engines
 */
export function unmetEngine(dir: string, version: string): string | null {
  const { engines } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
    engines?: { node?: unknown } | null
  }
  const range = engines?.node
  if (typeof range !== 'string' || validRange(range) === null) return null
  // As npm does: a nightly build is newer than what it follows.
  return satisfies(version, range, { includePrerelease: true }) ? null : range
}
