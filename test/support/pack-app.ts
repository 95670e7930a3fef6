import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create } from 'tar'
import { dependencyFolders } from './dependencies.ts'
import type { Scope } from './scope.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface PackOptions {
  /** Written into its `package.json`. */
  version: string
  /** More files, or others in place of the fixture's, by path. */
  files?: Record<string, string>
  /** Merged into its `package.json`. */
  manifest?: Record<string, unknown>
}

/** What no application runs; without it a test packs half as much. */
const NOT_RUN =
  /(\/\.bin|\.map|\.md|\.d\.[cm]?ts|\/node_modules\/(@[^/]+\/)?[^/@]+\/(tests?|docs|benchmarks?|examples?))$/

/** A folder that is gone after the test. */
export function tempDir(t: Scope): string {
  const dir = mkdtempSync(join(tmpdir(), 'beam-'))
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

/** Packs `test/fixtures/<fixture>` as `npm pack` would, with its dependencies inside; resolves to the archive. */
export async function packApp(t: Scope, fixture: string, options: PackOptions): Promise<string> {
  const dir = tempDir(t)
  const { name } = layOut(join(dir, 'package'), fixture, options)
  const file = join(dir, `${name.replace('@', '').replace('/', '-')}-${options.version}.tgz`)
  await create({ cwd: dir, file, gzip: { level: 1 }, portable: true }, ['package'])
  return file
}

/** The same as a folder; returns its path. */
export function layOutApp(t: Scope, fixture: string, options: PackOptions): string {
  const dir = join(tempDir(t), 'app')
  layOut(dir, fixture, options)
  return dir
}

function layOut(
  dir: string,
  fixture: string,
  { version, files = {}, manifest = {} }: PackOptions,
): { name: string } {
  cpSync(join(ROOT, 'test/fixtures', fixture), dir, { recursive: true })
  const original = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const packageJson = { ...original, version, ...manifest }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(packageJson))
  const dependencies = Object.keys(packageJson.dependencies ?? {})
  if (dependencies.includes('beam-deploy')) installThisPackage(dir)
  for (const folder of dependencyFolders(dependencies.filter(name => name !== 'beam-deploy'))) {
    cpSync(join(ROOT, folder), join(dir, folder), {
      recursive: true,
      filter: path => !NOT_RUN.test(path),
    })
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  return packageJson
}

/** As `npm install` of the packed package would, with what it depends on. */
function installThisPackage(dir: string): void {
  const target = join(dir, 'node_modules/beam-deploy')
  cpSync(join(ROOT, 'dist'), join(target, 'dist'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(target, 'package.json'))
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const folder of dependencyFolders(Object.keys(dependencies))) {
    cpSync(join(ROOT, folder), join(dir, folder), { recursive: true })
  }
}
