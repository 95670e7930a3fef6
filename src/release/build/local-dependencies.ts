import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildFailed } from './failure.ts'
import { type PackageJson, productionOf, stringsOf } from './package-json.ts'
import { readPackageLock } from './package-lock.ts'
import type { PackageManager } from './package-manager.ts'
import { readPnpmLock } from './pnpm-lock.ts'

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
