import { readdirSync } from 'node:fs'
import { posix, relative, sep } from 'node:path'
import packlist from 'npm-packlist'
import { isConfigFile } from '../../config/load.ts'
import { RESERVED_FOLDER } from '../manifest.ts'
import { endingOf, isTemporaryName } from './out.ts'
import { type PackageJson, stringsOf } from './package-json.ts'

/** The files that `npm pack` would take of `dir`, without bundled dependencies: relative paths with forward slashes. */
export async function packedFiles(dir: string, pkg: PackageJson): Promise<string[]> {
  return packlist({
    path: dir,
    package: {
      ...pkg,
      main: typeof pkg.main === 'string' ? posix.normalize(pkg.main) : undefined,
      bin: binsOf(pkg),
    },
    isProjectRoot: true,
    edgesOut: new Map<string, never>(),
  })
}

/**
 * As `packedFiles`, for the application that goes into the archive `out`: without `out` itself, without what a build
 * that was killed left there and, where no `files` list names them, without earlier archives in the root.
 */
export async function applicationFiles(dir: string, pkg: PackageJson, out: string): Promise<string[]> {
  const files = await packedFiles(dir, pkg)
  // It says how the release is to be run, whatever `files` says of the rest.
  for (const name of readdirSync(dir)) if (isConfigFile(name) && !files.includes(name)) files.push(name)
  const outPath = relative(dir, out).split(sep).join('/')
  return files.filter(path => {
    if (path === outPath || path.startsWith(`${RESERVED_FOLDER}/`) || isTemporaryName(path)) return false
    return Array.isArray(pkg.files) || path.includes('/') || endingOf(path) === null
  })
}

/** npm-packlist expects what npm makes of `bin`: an object, of paths without a leading `./`. */
function binsOf({ bin }: PackageJson): Record<string, string> {
  const bins = typeof bin === 'string' ? { bin } : stringsOf(bin)
  return Object.fromEntries(
    Object.entries(bins).map(([name, path]) => [name, posix.join('/', path).slice(1)]),
  )
}
