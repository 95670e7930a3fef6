import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildFailed } from './failure.ts'
import { isRecord, type PackageJson, parseJson, stringsOf } from './package-json.ts'
import { type PackageManager, pnpmWorkspaces } from './package-manager.ts'

/** What a lockfile takes from this host's disk instead of a registry, as absolute paths. */
export interface LocalDependencies {
  /** Folders that a link in `node_modules` leads to: inside the project (workspaces) or outside (`file:../lib`). */
  linked: string[]
  /** Folders and tarballs that the package manager copies into `node_modules`. */
  copied: string[]
}

/** The local production dependencies of `dir` by its lockfile; `build_failed` naming one that is missing or cannot move. */
export async function localDependencies(
  dir: string,
  pkg: PackageJson,
  { name, lockfile }: PackageManager,
): Promise<LocalDependencies> {
  refuseUnmovable(dir, pkg, name)
  const file = join(dir, lockfile)
  const { linked, copied } = await (name === 'npm' ? readPackageLock(file, pkg) : readPnpmLock(file))
  for (const path of [...linked, ...copied]) {
    await stat(resolve(dir, path)).catch((cause: unknown) => {
      throw buildFailed(
        `${file} names the local dependency ${path}, which is not there. Run \`${name} install\`.`,
        { cause },
      )
    })
  }
  return { linked: linked.map(path => resolve(dir, path)), copied: copied.map(path => resolve(dir, path)) }
}

/** Dependencies are installed away from the project: an absolute path, or a link without a locked install, would go wrong there. */
function refuseUnmovable(dir: string, pkg: PackageJson, manager: PackageManager['name']): void {
  const production = productionOf(pkg)
  for (const [name, spec] of Object.entries({ ...stringsOf(pkg.devDependencies), ...production })) {
    if (/^(?:file:|link:)?(?:\/|~\/)/.test(spec)) {
      throw buildFailed(
        `${join(dir, 'package.json')} depends on ${name} by the absolute path "${spec}". Write it relative, such as "file:../${name}".`,
      )
    }
  }
  for (const [name, spec] of Object.entries(production)) {
    if (manager === 'pnpm' && /^(?:link|workspace):/.test(spec)) {
      throw buildFailed(
        `${join(dir, 'package.json')} depends on ${name} by "${spec}", which pnpm links without locking what it needs itself. ` +
          'Depend on it as "file:../folder", or on a packed tarball.',
      )
    }
  }
}

/** Of lockfile version 2 and up; a version 1 has no `packages` and is read by npm alone. */
async function readPackageLock(file: string, pkg: PackageJson): Promise<LocalDependencies> {
  const lock = parseJson(file, await readFile(file, 'utf8'))
  const packages = isRecord(lock) && isRecord(lock.packages) ? lock.packages : {}
  refuseUnlocked(file, pkg, packages)
  const linked = new Set<string>()
  const copied = new Set<string>()
  for (const [path, entry] of Object.entries(packages)) {
    if (!isRecord(entry) || entry.dev === true) continue
    if (path !== '' && !path.split('/').includes('node_modules')) linked.add(path)
    if (typeof entry.resolved === 'string' && entry.resolved.startsWith('file:')) {
      copied.add(entry.resolved.slice('file:'.length).replaceAll('%23', '#'))
    }
  }
  return { linked: [...linked], copied: [...copied] }
}

/** npm itself finds a lockfile out of date, but looks for a local dependency that is not in it before, where it is not staged. */
function refuseUnlocked(file: string, pkg: PackageJson, packages: Record<string, unknown>): void {
  for (const [name, spec] of Object.entries(productionOf(pkg))) {
    if (/^(?:file:|\.)/.test(spec) && !(`node_modules/${name}` in packages)) {
      throw buildFailed(
        `${file} does not have the local dependency ${name} ("${spec}"). Run \`npm install\` to add it.`,
      )
    }
  }
}

function productionOf(pkg: PackageJson): Record<string, string> {
  return { ...stringsOf(pkg.dependencies), ...stringsOf(pkg.optionalDependencies) }
}

async function readPnpmLock(file: string): Promise<LocalDependencies> {
  const workspaces = await pnpmWorkspaces(file)
  if (workspaces.length > 0) {
    throw buildFailed(
      `${file} is the lockfile of a pnpm workspace (${workspaces.join(', ')}), which cannot be installed for one project alone. ` +
        'Run `pnpm install --ignore-workspace --lockfile-only` in the folder of the application, and build from there.',
    )
  }
  const text = await readFile(file, 'utf8')
  const copied = Array.from(
    text.matchAll(/resolution: \{.*?(?:directory: '?|tarball: '?file:)([^,}']+)/g),
    match => match[1] ?? '',
  )
  return { linked: [], copied: [...new Set(copied)] }
}
