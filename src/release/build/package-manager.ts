import { dirname, join } from 'node:path'
import { buildFailed } from './failure.ts'
import { isThere } from './is-there.ts'
import { isRecord, type PackageJson, readPackageJson } from './package-json.ts'

export interface PackageManager {
  name: 'npm' | 'pnpm'
  /** File name of the lockfile that fixes what is installed. */
  lockfile: string
}

const NPM_LOCKFILES = ['npm-shrinkwrap.json', 'package-lock.json']
const PNPM_LOCKFILE = 'pnpm-lock.yaml'
const OTHER_LOCKFILES = { 'yarn.lock': 'Yarn', 'bun.lock': 'Bun', 'bun.lockb': 'Bun' }

/** The package manager by its lockfile in `dir`; where npm's and pnpm's stand, package.json `packageManager` decides. */
export async function findPackageManager(dir: string, pkg: PackageJson): Promise<PackageManager | null> {
  const npmLockfile = await firstThere(dir, NPM_LOCKFILES)
  const npm = npmLockfile === null ? null : { name: 'npm' as const, lockfile: npmLockfile }
  const pnpm = (await isThere(join(dir, PNPM_LOCKFILE)))
    ? { name: 'pnpm' as const, lockfile: PNPM_LOCKFILE }
    : null
  return String(pkg.packageManager).startsWith('pnpm@') ? (pnpm ?? npm) : (npm ?? pnpm)
}

/** Whether something has to be installed for production. */
export function hasDependencies(pkg: PackageJson): boolean {
  return [pkg.dependencies, pkg.optionalDependencies, pkg.peerDependencies, pkg.workspaces].some(
    value => typeof value === 'object' && value !== null && Object.keys(value).length > 0,
  )
}

/** As `findPackageManager`, for a folder whose dependencies must be installed: none is `build_failed` with the way out. */
export async function requirePackageManager(dir: string, pkg: PackageJson): Promise<PackageManager> {
  const manager = await findPackageManager(dir, pkg)
  if (manager !== null) return manager
  for (const [lockfile, other] of Object.entries(OTHER_LOCKFILES)) {
    if (await isThere(join(dir, lockfile))) {
      throw buildFailed(
        `${join(dir, lockfile)} is a lockfile of ${other}; a release is built from npm's (package-lock.json) or pnpm's ` +
          '(pnpm-lock.yaml). Run `npm install --package-lock-only` to make one.',
      )
    }
  }
  await refuseWorkspace(dir)
  throw buildFailed(
    `${dir} has dependencies but no lockfile, so what would be installed is not fixed. Run \`npm install\` there to make ` +
      'package-lock.json (or `pnpm install` for pnpm-lock.yaml).',
  )
}

/** The lockfile of a workspace is in the root: it says which versions all workspaces have, and not what one of them needs. */
async function refuseWorkspace(dir: string): Promise<void> {
  const root = await findWorkspaceRoot(dir)
  if (root === null) return
  const wayOut =
    root.manager === 'npm'
      ? `Build the release from ${root.dir}, or run \`npm install --workspaces=false --package-lock-only\``
      : 'Run `pnpm install --ignore-workspace --lockfile-only`'
  throw buildFailed(
    `${dir} has dependencies but no lockfile of its own; it seems to be a workspace of ${root.dir}, whose lockfile cannot be ` +
      `installed for one workspace alone. ${wayOut} in ${dir} to make a lockfile.`,
  )
}

async function findWorkspaceRoot(
  of: string,
): Promise<{ dir: string; manager: PackageManager['name'] } | null> {
  for (let dir = dirname(of); dir !== dirname(dir); dir = dirname(dir)) {
    if (await isThere(join(dir, 'pnpm-workspace.yaml'))) return { dir, manager: 'pnpm' }
    if (!(await isThere(join(dir, 'package.json')))) continue
    const { workspaces } = await readPackageJson(dir)
    if (Array.isArray(workspaces) || isRecord(workspaces)) return { dir, manager: 'npm' }
  }
  return null
}

async function firstThere(dir: string, names: string[]): Promise<string | null> {
  for (const name of names) if (await isThere(join(dir, name))) return name
  return null
}
