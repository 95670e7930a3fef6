import { readdir, readlink } from 'node:fs/promises'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import type { ArchiveContent } from './archive-content.ts'
import { buildFailed } from './failure.ts'
import { isThere } from './is-there.ts'

/** A folder on disk and its path in the archive. */
interface Place {
  folder: string
  path: string
}

/** A place to walk, and the place inside which links stay as they are because all of it moves together. */
interface Visit extends Place {
  root: Place
}

/** Records of the package managers about the folder they filled: with times and paths, of no use at run time. */
const RECORDS =
  /(?:^|\/)node_modules\/(?:\.package-lock\.json|\.modules\.yaml|\.pnpm-workspace-state[^/]*|\.pnpm\/lock\.yaml)$/

/**
 * What was installed for the project in `folder`, as the archive holds it: its `node_modules`, and the folders in `linked`.
 * One inside the project stands at its own path; one outside takes the place of the first link to it, and further
 * links lead there, so that it exists once. `build_failed` for a link to anything else.
 */
export async function installedFiles(folder: string, linked: ReadonlySet<string>): Promise<ArchiveContent> {
  const content: ArchiveContent = new Map()
  const application = { folder, path: '' }
  const inside = [...linked]
    .filter(path => path.startsWith(folder + sep))
    .map(path => below(application, path))
  const modules = below(application, join(folder, 'node_modules'))
  const visits: Visit[] = [...((await isThere(modules.folder)) ? [modules] : []), ...inside]
  const placed = new Map([application, ...inside].map(({ folder, path }) => [folder, path]))

  const placeLink = async (from: string, path: string, root: Place): Promise<void> => {
    const to = resolve(dirname(from), await readlink(from))
    if (!(await isThere(to))) return
    const isInside = to.startsWith(root.folder + sep)
    if (!isInside && linked.has(to) && !placed.has(to)) {
      placed.set(to, path)
      const place = { folder: to, path }
      visits.push({ ...place, root: place })
      return
    }
    const target = isInside ? below(root, to).path : placed.get(to)
    if (target === undefined) throw leavesRelease(path, to)
    content.set(path, { type: 'link', target: posix.relative(posix.dirname(path), target) })
  }

  for (const { folder, path, root } of visits) {
    for (const entry of await sortedEntries(folder)) {
      const from = join(folder, entry.name)
      const to = posix.join(path, entry.name)
      if (entry.isDirectory()) visits.push({ folder: from, path: to, root })
      else if (entry.isSymbolicLink()) await placeLink(from, to, root)
      else if (entry.isFile() && !RECORDS.test(to)) content.set(to, { type: 'file', source: from })
    }
  }
  return content
}

/** Sorted, because the first link to a folder decides where it stands. */
async function sortedEntries(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function below(root: Place, folder: string): Visit {
  return { folder, path: posix.join(root.path, relative(root.folder, folder).split(sep).join('/')), root }
}

function leavesRelease(path: string, to: string): Error {
  return buildFailed(
    `The installed ${path} is a link to ${to}, outside the release. Depend on it by a version, a packed tarball or a relative "file:" folder.`,
  )
}
