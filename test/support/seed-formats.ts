import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tempDir } from './pack-app.ts'
import type { Scope } from './scope.ts'
import { seedCommonjs, seedTypeScript } from './seed-sources.ts'

const TSC = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))

/** The seed case in one kind of modules. */
export interface SeedFormat {
  name: string
  type: 'module' | 'commonjs'
  entry: string
  files(t: Scope, version: 'v1' | 'v2'): Record<string, string>
}

export const SEED_FORMATS: readonly SeedFormat[] = [
  {
    name: 'ES modules',
    type: 'module',
    entry: 'server.js',
    files: (t, version) => compile(t, seedTypeScript(version), 'esnext'),
  },
  {
    name: 'CommonJS as tsc emits it',
    type: 'commonjs',
    entry: 'server.js',
    files: (t, version) => compile(t, seedTypeScript(version), 'commonjs'),
  },
  {
    name: 'CommonJS written by hand',
    type: 'commonjs',
    entry: 'server.js',
    files: (_t, version) => seedCommonjs(version),
  },
  {
    name: 'TypeScript whose types Node.js strips',
    type: 'module',
    entry: 'server.ts',
    files: (_t, version) => seedTypeScript(version),
  },
]

/** What `tsc` makes of TypeScript, by path. */
export function compile(
  t: Scope,
  files: Record<string, string>,
  module: 'commonjs' | 'esnext',
): Record<string, string> {
  const dir = tempDir(t)
  for (const [path, text] of Object.entries(files)) {
    const file = join(dir, 'src', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const options = [
    '--target',
    'es2023',
    '--esModuleInterop',
    '--rewriteRelativeImportExtensions',
    '--noCheck',
  ]
  const paths = Object.keys(files)
  execFileSync(
    TSC,
    [
      ...['--ignoreConfig', '--module', module, '--moduleResolution', 'bundler', '--types', '', ...options],
      ...['--rootDir', 'src', '--outDir', 'out', ...paths.map(path => join('src', path))],
    ],
    { cwd: dir },
  )
  return Object.fromEntries(
    paths.map(path => {
      const made = path.replace(/\.ts$/, '.js')
      return [made, readFileSync(join(dir, 'out', made), 'utf8')]
    }),
  )
}
