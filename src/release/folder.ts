import { createHash } from 'node:crypto'
import { realpathSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { BeamDeployError, messageOf } from '../errors.ts'
import { copyTree, makeFolder } from './copy-tree.ts'
import { beginDraft, discardDraft, draftOf } from './draft.ts'
import { readPackage, resolveEntry } from './entry.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { refusalsOf } from './refusal.ts'
import type { UnpackedRelease } from './unpacked.ts'

export interface CopyFolderOptions {
  /** The application's folder. */
  dir: string
  /** Absolute path of the folder to make. It appears when the release is whole, or not at all. */
  into: string
  /** Absolute paths that are not copied, such as a state folder that is inside the application's. */
  exclude?: readonly string[]
  limits?: Partial<Limits>
}

/**
 * Copies an application's folder as it is, with `node_modules`, but without `.git` and `.beam-deploy`; {@link copyTree} says what
 * becomes of links. The same errors as `unpackRelease`; after any of them nothing is left on disk.
 */
export function copyFolderRelease(options: CopyFolderOptions): UnpackedRelease {
  const { dir, into } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const refuse = refusalsOf(dir)
  const draft = { source: dir, into }
  const to = draftOf(into)
  const from = realFolder(dir)
  const exclude = new Set([...(options.exclude ?? []), to].map(realPathOf))
  beginDraft(draft, () => makeFolder(to))
  try {
    const { records, files, bytes } = copyTree({ from, to, exclude, limits, refuse })
    const { name, version, main } = readPackage(to, refuse)
    const entry = resolveEntry(to, main, refuse)
    const nativeAddons = files.filter(path => path.endsWith('.node')).sort()
    renameSync(to, into)
    const sha256 = createHash('sha256').update(records.sort().join('\n')).digest('hex')
    return { name, version, entry, nativeAddons, sha256, files: records.length, bytes }
  } catch (error) {
    throw discardDraft(draft, isSourceError(error, from, to) ? unreadable(dir, error) : error)
  }
}

function realFolder(dir: string): string {
  try {
    if (!statSync(dir).isDirectory()) throw new Error('it is not a folder')
    return realpathSync(dir)
  } catch (cause) {
    throw unreadable(dir, cause)
  }
}

/** The real path of what may not be there yet, in a folder that is. */
function realPathOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path // Its folder is not there either, so it cannot be met on the way.
  }
}

/** The state folder may be inside the application's. */
function isSourceError(error: unknown, from: string, to: string): boolean {
  if (!(error instanceof Error) || !('path' in error) || 'dest' in error) return false
  const path = String(error.path)
  return path.startsWith(from) && !path.startsWith(to)
}

function unreadable(dir: string, cause: unknown): BeamDeployError {
  return new BeamDeployError(
    'release_not_found',
    `Cannot read ${dir}: ${messageOf(cause)}. Check the path.`,
    {
      phase: 'validate',
      cause,
    },
  )
}
