import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { isThere } from './is-there.ts'
import { isRecord, type PackageJson, readPackageJson, stringsOf } from './package-json.ts'
import { packedFiles } from './project-files.ts'
import type { SourceProject, Sources } from './sources.ts'

/** What package managers read beside package.json and lockfile; of no use, or secret, after the install. */
const SETTINGS = [
  '.npmrc',
  '.npm-extension.mjs',
  '.npm-extension.cjs',
  'pnpm-workspace.yaml',
  '.pnpmfile.cjs',
  '.pnpmfile.mjs',
  'patches',
]

/** Scripts that make a package from sources and development dependencies, neither of which is staged. */
const SOURCE_SCRIPTS = new Set(['preprepare', 'prepare', 'postprepare', 'prepublish'])

/** Copies of projects at the same places relative to each other, so that relative dependencies resolve. */
export interface Staging {
  /** Where a path on this host is in the staging folder. */
  at(path: string): string
  /** Removes what only the package managers needed. */
  removeSettings(): Promise<void>
}

/** Gives `use` an empty folder that is gone when it ends, however it ends. */
export async function withStagingFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'beam-deploy-build-'))
  try {
    return await use(folder)
  } finally {
    // A straggler of an install script may still write there; what it writes is left to the system's cleaning of temporary folders.
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }
}

/** Lays out what an install needs: of the application its package.json and lockfile, of what it links to all that it packs. */
export async function stage(folder: string, { projects, copied }: Sources): Promise<Staging> {
  const common = commonFolder([...projects.map(({ dir }) => dir), ...copied.map(path => dirname(path))])
  const at = (path: string) => join(folder, relative(common, path))
  const settings: string[] = []
  for (const project of projects) {
    if (project === projects.at(-1)) await writePackageJson(at(project.dir), { ...project.pkg, scripts: {} })
    else await stagePackage(project.dir, project.pkg, at(project.dir))
    settings.push(...(await stageSettings(project, at)))
  }
  for (const path of copied) {
    if ((await stat(path)).isDirectory()) await stagePackage(path, await readPackageJson(path), at(path))
    else {
      await copy(path, at(path))
      settings.push(at(path))
    }
  }
  const removeSettings = async () => {
    for (const path of settings) await rm(path, { recursive: true, force: true })
  }
  return { at, removeSettings }
}

async function stagePackage(dir: string, pkg: PackageJson, target: string): Promise<void> {
  for (const path of await packedFiles(dir, pkg)) {
    if (!path.split('/').includes('node_modules')) await copy(join(dir, path), join(target, path))
  }
  const scripts = Object.entries(stringsOf(pkg.scripts))
  const kept = scripts.filter(([name]) => !SOURCE_SCRIPTS.has(name))
  if (kept.length < scripts.length)
    await writePackageJson(target, { ...pkg, scripts: Object.fromEntries(kept) })
}

async function stageSettings({ dir, pkg, manager }: SourceProject, at: Staging['at']): Promise<string[]> {
  if (manager === null) return []
  const patches = {
    ...stringsOf(pkg.patchedDependencies),
    ...stringsOf(isRecord(pkg.pnpm) && pkg.pnpm.patchedDependencies),
  }
  const staged: string[] = []
  for (const path of new Set([manager.lockfile, ...SETTINGS, ...Object.values(patches)])) {
    const source = join(dir, path)
    if (!source.startsWith(dir + sep) || !(await isThere(source))) continue
    await copy(source, at(source))
    staged.push(at(source))
  }
  return staged
}

async function writePackageJson(dir: string, pkg: PackageJson): Promise<void> {
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'package.json'), `${JSON.stringify(pkg, null, 2)}\n`)
}

async function copy(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  await cp(source, target, { recursive: true, dereference: true })
}

function commonFolder(folders: string[]): string {
  return folders.reduce((common, folder) => {
    let at = common
    while (at !== folder && !folder.startsWith(at.endsWith(sep) ? at : at + sep)) at = dirname(at)
    return at
  })
}
