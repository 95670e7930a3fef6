import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import type { ArchiveContent, FileContent, LinkContent } from './archive-content.ts'
import { throwIfAborted } from './failure.ts'
import { readParts, unreadable } from './read-parts.ts'

export interface HashedFile extends FileContent {
  path: string
  /** Bytes. */
  size: number
  executable: boolean
  /** Hex. */
  sha256: string
}

interface HashedLink extends LinkContent {
  path: string
}

export type HashedEntry = HashedFile | HashedLink

/** Most files are small: opening and closing them is the work, and the thread pool has four threads. */
const AT_ONCE = 4

/** The entries of `content` in its order, with what a file is at the moment; `onEntry` is told how many are done. */
export async function hashContent(
  content: ArchiveContent,
  onEntry: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<HashedEntry[]> {
  const hashed: HashedEntry[] = []
  const todo = numbered(content)
  let done = 0
  const work = async () => {
    for (const [index, [path, entry]] of todo) {
      throwIfAborted(signal)
      hashed[index] = entry.type === 'file' ? await hashFile(path, entry) : { ...entry, path }
      onEntry(++done)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return hashed
}

/** A generator, for a failure in one loop over it ends the others too. */
function* numbered(content: ArchiveContent) {
  yield* [...content].entries()
}

async function hashFile(path: string, file: FileContent): Promise<HashedFile> {
  const { size, mode } = await stat(file.source).catch((cause: unknown) => {
    throw unreadable(file.source, messageOf(cause), cause)
  })
  const hash = createHash('sha256')
  for await (const part of readParts(file.source, size)) hash.update(part)
  return { ...file, path, size, executable: (mode & 0o100) !== 0, sha256: hash.digest('hex') }
}
