import { readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { messageOf } from '../errors.ts'
import { checkPath } from './entry-path.ts'
import type { Refuse } from './refusal.ts'

/** What an application's `package.json` says of it. */
export interface PackageFacts {
  name: string
  version: string
  main: string | null
}

/** A version may be part of a folder's name. Semantic versions all match. */
export const VERSION_PATTERN = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/
const NAME_PATTERN = /^(@[\w.~-]+\/)?[\w.~-]{1,214}$/

/** In the order in which they are tried. */
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/** Reads name, version and `main` of the application in `dir`; `invalid_release` when they are not there. */
export function readPackage(dir: string, refuse: Refuse): PackageFacts {
  const json = parsePackage(dir, refuse)
  const { name, version, main } = json
  if (typeof name !== 'string' || !NAME_PATTERN.test(name)) {
    throw refuse(`its package.json has no valid "name" (found ${JSON.stringify(name)})`, {
      remedy: 'Set "name" in package.json.',
    })
  }
  if (typeof version !== 'string' || !VERSION_PATTERN.test(version)) {
    throw refuse(`its package.json has no valid "version" (found ${JSON.stringify(version)})`, {
      remedy: 'Set "version" in package.json, such as "1.0.0".',
    })
  }
  return { name, version, main: typeof main === 'string' && main !== '' ? main : null }
}

/**
 * Finds the file to run in `dir`: what `main` names, found as Node.js finds it (the file, with an extension added, or
 * the index file of that folder), else `index` or `server` with any extension that Node.js runs. Returns its
 * path relative to `dir`.
 */
export function resolveEntry(dir: string, main: string | null, refuse: Refuse): string {
  const candidates =
    main === null ? [...withExtensions('index'), ...withExtensions('server')] : mainCandidates(main, refuse)
  const entry = candidates.find(candidate => isFileInside(dir, candidate))
  if (entry !== undefined) return entry
  throw main === null
    ? refuse('nothing in it says what to run: it has no "main", no index.js and no server.js', {
        remedy: 'Set "main" in package.json to the file that starts the application.',
      })
    : refuse(`its package.json names ${JSON.stringify(main)} as "main", and there is no such file in it`, {
        remedy: 'Set "main" in package.json to a file of the release, or build that file first.',
      })
}

/** Checks that the entry which a manifest or a caller names is a file of the release. */
export function checkEntry(dir: string, entry: string, refuse: Refuse): string {
  if (!isFileInside(dir, entry)) throw refuse(`its entry ${JSON.stringify(entry)} is not a file in it`)
  return entry
}

function mainCandidates(main: string, refuse: Refuse): string[] {
  const checked = checkPath(main)
  if (!checked.ok) {
    throw refuse(`"main" of its package.json, ${JSON.stringify(main)}, ${checked.reason}`, {
      remedy: 'Set "main" to a path inside the release.',
    })
  }
  const { path } = checked
  if (path === '') return withExtensions('index')
  return [path, ...withExtensions(path), ...withExtensions(`${path}/index`)]
}

const withExtensions = (path: string) => EXTENSIONS.map(extension => path + extension)

/** Follows links: one that leads to a file elsewhere is not inside. */
function isFileInside(dir: string, path: string): boolean {
  const file = join(dir, path)
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false
  return !relative(realpathSync(dir), realpathSync(file)).startsWith('..')
}

function parsePackage(dir: string, refuse: Refuse): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8').replace(/^\uFEFF/, ''))
    if (typeof json === 'object' && json !== null) return { ...json }
    throw new Error('it is not an object')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw refuse('it has no package.json', {
        remedy:
          'A release is an application with a package.json at its root, or in the one folder at its root.',
        cause,
      })
    }
    throw refuse(`its package.json cannot be read (${messageOf(cause)})`, {
      remedy: 'Correct package.json.',
      cause,
    })
  }
}
