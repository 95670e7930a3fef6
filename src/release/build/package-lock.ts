import { glob, readFile } from 'node:fs/promises'
import { basename, dirname, posix, sep } from 'node:path'
import { buildFailed } from './failure.ts'
import type { LocalDependencies } from './local-dependencies.ts'
import { isRecord, type PackageJson, parseJson, productionOf } from './package-json.ts'

/** Of lockfile version 2 and up; a version 1 has no `packages` and is read by npm alone. */
export async function readPackageLock(file: string, pkg: PackageJson): Promise<LocalDependencies> {
  const lock = parseJson(file, await readFile(file, 'utf8'))
  const packages = isRecord(lock) && isRecord(lock.packages) ? lock.packages : {}
  await refuseOutdated(file, pkg, packages)
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

/** npm itself notices when a lockfile is out of date, but not for what is not staged because the lockfile does not have it. */
async function refuseOutdated(
  file: string,
  pkg: PackageJson,
  packages: Record<string, unknown>,
): Promise<void> {
  const root = packages['']
  const locked = isRecord(root) ? productionOf(root) : {}
  for (const [name, spec] of Object.entries(productionOf(pkg))) {
    if (/^(?:file:|\.)/.test(spec) && locked[name] !== spec) {
      throw buildFailed(
        `${file} does not have the local dependency ${name} ("${spec}"). Run \`npm install\` to add it.`,
      )
    }
  }
  for await (const workspace of workspacesOf(dirname(file), pkg)) {
    if (!(workspace in packages)) {
      throw buildFailed(`${file} does not have the workspace ${workspace}. Run \`npm install\` to add it.`)
    }
  }
}

/** Folders of workspaces relative to `dir`; none where a pattern takes some out again, which only npm itself can tell. */
async function* workspacesOf(dir: string, { workspaces }: PackageJson): AsyncGenerator<string> {
  const listed = isRecord(workspaces) ? workspaces.packages : workspaces
  const patterns = Array.isArray(listed) ? listed.filter(pattern => typeof pattern === 'string') : []
  if (patterns.some(pattern => pattern.startsWith('!'))) return
  const exclude = (path: string) => basename(path) === 'node_modules'
  for await (const path of glob(
    patterns.map(pattern => posix.join(pattern, 'package.json')),
    { cwd: dir, exclude },
  )) {
    yield dirname(path).split(sep).join('/')
  }
}
