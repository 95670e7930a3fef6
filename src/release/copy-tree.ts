import {
  chmodSync,
  type Dirent,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { copyFile } from './copy-file.ts'
import { type Limits, tooManyBytes, tooManyEntries } from './limits.ts'
import { RESERVED_FOLDER } from './manifest.ts'
import type { Refuse } from './refusal.ts'
import { quote } from './tar-reader.ts'

export interface TreeCopy {
  /** Real path of the folder to copy. */
  from: string
  /** An empty folder. */
  to: string
  /** Real paths that are passed over. */
  exclude: ReadonlySet<string>
  limits: Limits
  refuse: Refuse
}

export interface CopiedTree {
  /** One line for each file and link, with what tells it from another: permissions and hash, or target. */
  records: string[]
  /** Paths of regular files, relative to the root. */
  files: string[]
  bytes: number
}

/** At the root, these are not the application. */
const PASSED_OVER = new Set(['.git', RESERVED_FOLDER])

/**
 * Fills the folder `to` with a copy of `from`.
 *
 * A link that leads to somewhere inside the folder is made again as a relative link; one that leads out (a workspace, `npm link`) is
 * followed, and what it leads to is copied: a release must not change when something outside does. Sockets, pipes and
 * devices are passed over.
 */
export function copyTree({ from: root, to, exclude, limits, refuse }: TreeCopy): CopiedTree {
  const copied: CopiedTree = { records: [], files: [], bytes: 0 }
  let entries = 0

  copyFolder(root, '', [])
  return copied

  /** `followed`: the real paths of the links that led here. */
  function copyFolder(from: string, path: string, followed: readonly string[]): void {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const source = join(from, entry.name)
      if (exclude.has(source) || (path === '' && PASSED_OVER.has(entry.name))) continue
      entries += 1
      if (entries > limits.maxEntries) throw refuse(tooManyEntries(limits))
      copyEntry(entry, source, path === '' ? entry.name : `${path}/${entry.name}`, followed)
    }
  }

  function copyEntry(entry: Dirent, source: string, path: string, followed: readonly string[]): void {
    if (entry.isSymbolicLink()) copyLink(source, path, followed)
    else if (entry.isDirectory()) copySubfolder(source, path, followed)
    else if (entry.isFile()) copyOne(source, path)
  }

  function copySubfolder(source: string, path: string, followed: readonly string[]): void {
    makeFolder(join(to, path))
    copyFolder(source, path, followed)
  }

  function copyOne(source: string, path: string): void {
    const stat = statSync(source)
    copied.bytes += stat.size
    if (copied.bytes > limits.maxBytes) throw refuse(tooManyBytes(limits))
    const mode = stat.mode & 0o111 ? 0o755 : 0o644
    const sha256 = copyFile(source, join(to, path), mode)
    copied.files.push(path)
    copied.records.push(`file ${path} ${mode} ${sha256}`)
  }

  function copyLink(source: string, path: string, followed: readonly string[]): void {
    const real = realPathOf(source)
    if (real === null) makeDeadLink(readlinkSync(source), path)
    else if (isInside(root, real)) makeLink(relative(dirname(path), relative(root, real)) || '.', path)
    else if (followed.includes(real))
      throw refuse(`link ${quote(path)} leads in a circle, to ${quote(real)}`, IN_A_CIRCLE)
    else if (statSync(real).isDirectory()) copySubfolder(real, path, [...followed, real])
    else if (statSync(real).isFile()) copyOne(real, path)
  }

  /** Tools leave such links as marks (editors' locks); they are kept when they cannot come to life outside. */
  function makeDeadLink(target: string, path: string): void {
    if (isAbsolute(target) || !isInside(root, join(root, dirname(path), target))) {
      throw refuse(`link ${quote(path)} leads to ${quote(target)}, which is not there`, DEAD)
    }
    makeLink(target, path)
  }

  function makeLink(target: string, path: string): void {
    symlinkSync(target, join(to, path))
    copied.records.push(`link ${path} ${target}`)
  }
}

/** With the permissions of a release's folders, whatever the umask. */
export function makeFolder(path: string): void {
  mkdirSync(path)
  chmodSync(path, 0o755)
}

const IN_A_CIRCLE = { remedy: 'Build an archive with `beam-deploy release` instead.' }
const DEAD = { remedy: 'Remove the link, or install the dependencies again.' }

const isInside = (root: string, path: string) => path === root || path.startsWith(`${root}/`)

/** `null` for a link that leads to nothing, or in a circle of links. */
function realPathOf(link: string): string | null {
  try {
    return realpathSync(link)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP'))
      return null
    throw error
  }
}
