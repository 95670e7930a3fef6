import { createHash } from 'node:crypto'
import { Header } from 'tar/header'
import { Pax } from 'tar/pax'
import { throwIfAborted } from './failure.ts'
import type { HashedEntry, HashedFile } from './hash-content.ts'
import { changed, readParts } from './read-parts.ts'

/** An entry of the archive: one that is read from disk, or a text that is at hand. */
export type TarEntry = HashedEntry | { type: 'text'; path: string; text: Buffer }

/** The top folder that every path is in, as in an archive of npm. */
const TOP_FOLDER = 'package'
const BLOCK_BYTES = 512
/** What npm gives every file as its time, so that equal content makes equal bytes. */
const MTIME = new Date('1985-10-26T08:15:00.000Z')

/** The bytes of a tar archive of `entries`, in their order; `build_failed` when a file is no longer what was hashed. */
export async function* tarStream(
  entries: Iterable<TarEntry>,
  onEntry: (done: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  let done = 0
  for (const entry of entries) {
    throwIfAborted(signal)
    yield headerOf(entry)
    if (entry.type === 'text') yield entry.text
    if (entry.type === 'file') yield* unchangedParts(entry)
    yield Buffer.alloc(-sizeOf(entry) & (BLOCK_BYTES - 1))
    onEntry(++done)
  }
  yield Buffer.alloc(2 * BLOCK_BYTES)
}

/** Says nothing of this host or its users. What a plain header cannot hold (long paths, not ASCII) stands in one before it. */
function headerOf(entry: TarEntry): Buffer {
  const isLink = entry.type === 'link'
  const isExecutable = entry.type === 'file' && entry.executable
  const fields = {
    path: `${TOP_FOLDER}/${entry.path}`,
    ...(isLink && { linkpath: entry.target }),
    size: sizeOf(entry),
    mtime: MTIME,
  }
  const header = new Header({
    ...fields,
    type: isLink ? 'SymbolicLink' : 'File',
    mode: isLink ? 0o777 : isExecutable ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
  })
  const block = Buffer.alloc(BLOCK_BYTES)
  return header.encode(block) ? Buffer.concat([new Pax(fields).encode(), block]) : block
}

async function* unchangedParts({ source, size, sha256 }: HashedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const part of readParts(source, size)) {
    hash.update(part)
    yield part
  }
  if (hash.digest('hex') !== sha256) throw changed(source)
}

function sizeOf(entry: TarEntry): number {
  if (entry.type === 'link') return 0
  return entry.type === 'text' ? entry.text.length : entry.size
}
