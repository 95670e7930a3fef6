import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { create, list } from 'tar'
import { buildRelease } from '../../src/release/build/build-release.ts'
import type { BuildOptions, BuiltRelease } from '../../src/release/build/options.ts'
import { tempDir } from '../support/pack-app.ts'

export const run = promisify(execFile)

/** File contents by path; an object is written as JSON. A path that ends in `*` makes an executable file. */
export type Tree = Record<string, string | object>

export async function writeTree(dir: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const file = join(dir, path.replace(/\*$/, ''))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    if (path.endsWith('*')) await chmod(file, 0o755)
  }
}

/** An application in a folder of its own, `app` in a folder that is gone after the test. */
export async function layOut(t: TestContext, tree: Tree): Promise<string> {
  const dir = join(tempDir(t), 'app')
  await writeTree(dir, tree)
  return dir
}

/** Builds the application in `dir` beside it, in silence. */
export async function build(dir: string, options: Partial<BuildOptions> = {}): Promise<BuiltRelease> {
  return buildRelease({ dir, out: join(dirname(dir), 'out.tgz'), scriptOutput: 'hidden', ...options })
}

/** The paths in an archive below its top folder, in their order. */
export async function listArchive(file: string): Promise<string[]> {
  const paths: string[] = []
  await list({ file, strict: true, onReadEntry: ({ path }) => paths.push(path.replace(/^package\//, '')) })
  return paths
}

/** Content of one file in an archive. */
export async function readFromArchive(file: string, path: string): Promise<string> {
  return (await run('tar', ['xOf', file, `package/${path}`])).stdout
}

/** Unpacks with the system's tar; returns the release's root. */
export async function extract(t: TestContext, file: string): Promise<string> {
  const dir = tempDir(t)
  await run('tar', ['xf', file, '-C', dir])
  return join(dir, 'package')
}

/** Packs `tree` as a package that others can depend on as `file:<name>-<version>.tgz`, into `dir`. */
export async function packDependency(
  t: TestContext,
  dir: string,
  name: string,
  tree: Tree = {},
): Promise<void> {
  const folder = tempDir(t)
  const pkg = { name, version: '1.0.0', ...(tree['package.json'] as object) }
  await writeTree(join(folder, 'package'), {
    'index.js': `module.exports = '${name}'\n`,
    ...tree,
    'package.json': pkg,
  })
  await mkdir(dir, { recursive: true })
  await create({ cwd: folder, file: join(dir, `${name}-1.0.0.tgz`), gzip: true }, ['package'])
}

/** Makes package-lock.json, without a registry. */
export async function lock(dir: string): Promise<void> {
  await run('npm', ['install', '--package-lock-only', '--offline', '--ignore-scripts'], { cwd: dir })
}

/** Has `os.tmpdir()` be a folder of the test's own; returns it. */
export function ownTmpdir(t: TestContext, folder = tempDir(t)): string {
  const before = process.env.TMPDIR
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  process.env.TMPDIR = folder
  return folder
}

/** Staging folders of builds that are there now. */
export async function stagingFolders(tmpdir: string): Promise<string[]> {
  return (await readdir(tmpdir)).filter(name => name.startsWith('beam-deploy-build-'))
}
