import { join, relative, sep } from 'node:path'

/** What goes into an archive, by its path there (forward slashes, relative to the release's root). */
export type ArchiveContent = Map<string, FileContent | LinkContent>

export interface FileContent {
  type: 'file'
  /** Absolute path of the file that is read. */
  source: string
}

export interface LinkContent {
  type: 'link'
  /** Relative to the link's own folder. */
  target: string
}

/**
 * The application's own `files` in `dir` and what was installed, sorted by the bytes of the paths. A workspace of the
 * application is in both: what was installed counts, but for package.json, of which the stage has a changed copy.
 */
export function contentOf(
  dir: string,
  files: string[],
  installed: ArchiveContent,
  linked: Iterable<string>,
): ArchiveContent {
  const modulesOfLinked = Array.from(
    linked,
    path => `${relative(dir, path).split(sep).join('/')}/node_modules/`,
  )
  const own = files
    .filter(path => !modulesOfLinked.some(prefix => path.startsWith(prefix)))
    .map(path => [path, { type: 'file', source: join(dir, path) }] as const)
  const kept = new Set(own.map(([path]) => path).filter(path => path.endsWith('/package.json')))
  const content: ArchiveContent = new Map([...own, ...[...installed].filter(([path]) => !kept.has(path))])
  return new Map([...content].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
}
