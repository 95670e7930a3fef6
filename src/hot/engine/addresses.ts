import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Journal } from '../apply/undo.ts'
import { unitsOf } from '../plan/find-units.ts'
import { initialiserOf } from '../plan/slices.ts'
import type { ReleaseFiles } from './files.ts'
import type { LivingState } from './living.ts'
import type { Releases } from './packages.ts'
import { setterIn, valueIn } from './running.ts'

/**
 * Has modules that may read files know where they stand in the new release, so that what they read beside themselves from now on comes from there: `import.meta`,
 * `__dirname` and `__filename`, variables that hold a path into the release before, and the working directory.
 */
export function moveAddresses(
  states: Iterable<LivingState>,
  releases: Releases,
  files: ReleaseFiles,
  journal: Journal,
): void {
  for (const state of states) {
    moveModule(state, files.path(state.key), journal)
    movePaths(state, releases, journal)
  }
  moveWorkingDirectory(releases, journal)
}

interface Place {
  url: unknown
  dirname: unknown
  filename: unknown
}

function moveModule({ loaded }: LivingState, path: string, journal: Journal): void {
  const { living, url, format } = loaded
  if (living === null) return
  if (format === 'commonjs') {
    const [folder, file] = living.door('[__dirname,__filename]') as [string, string]
    const set = living.door('(d,f)=>{__dirname=d;__filename=f}') as (folder: string, file: string) => void
    journal.record(() => set(folder, file))
    set(dirname(path), path)
    return
  }
  const meta = living.inside as Place
  const before = { url: meta.url, dirname: meta.dirname, filename: meta.filename }
  journal.record(() => void Object.assign(meta, before))
  const query = /[?#].*$/.exec(url)?.[0] ?? ''
  Object.assign(meta, { url: pathToFileURL(path).href + query, dirname: dirname(path), filename: path })
}

/** Constants such as `join(import.meta.dirname, 'public')`. */
function movePaths(state: LivingState, { homes: [from = ''], to }: Releases, journal: Journal): void {
  for (const unit of unitsOf(state.current())) {
    if (unit.unit.kind !== 'variable' || initialiserOf(unit) === null) continue
    for (const name of unit.unit.names) {
      const moved = movedPath(valueIn(state, name), from, to)
      if (moved === null) continue
      const set = setterIn(state, name)
      const before = valueIn(state, name)
      journal.record(() => set(before))
      set(moved)
    }
  }
}

function movedPath(value: unknown, from: string, to: string): string | URL | null {
  if (value instanceof URL) {
    const moved = value.protocol === 'file:' ? movedPath(value.href, from, to) : null
    return moved === null ? null : new URL(moved)
  }
  if (typeof value !== 'string') return null
  const pairs = [
    [from, to],
    [pathToFileURL(from).href, pathToFileURL(to).href],
  ] as const
  for (const [before, after] of pairs)
    if (value === before || value.startsWith(`${before}/`)) return after + value.slice(before.length)
  return null
}

function moveWorkingDirectory({ homes: [from = ''], to }: Releases, journal: Journal): void {
  const before = process.cwd()
  const rest = relative(from, before)
  const after = join(to, rest)
  if (rest.startsWith('..') || !existsSync(after)) return
  journal.record(() => process.chdir(before))
  process.chdir(after)
}
