import { MANIFEST_PATH, MANIFEST_VERSION, type Manifest } from '../manifest.ts'
import { currentRuntime } from '../runtime.ts'
import type { Application } from './application.ts'
import type { ArchiveContent } from './archive-content.ts'
import { type HashedFile, hashContent } from './hash-content.ts'
import type { BuildOptions, BuiltRelease } from './options.ts'
import type { Out } from './out.ts'
import { type TarEntry, tarStream } from './tar-stream.ts'
import { writeArchive } from './write-archive.ts'

export interface PackInput {
  /** Path of the Node.js in it that runs it. */
  node: string | undefined
  application: Application
  entry: string
  content: ArchiveContent
  out: Out
}

export type Packed = Pick<BuiltRelease, 'sha256' | 'files' | 'bytes' | 'unpackedBytes' | 'nativeAddons'>

/**
 * Writes the archive: the manifest first, so that a reader knows what to expect, then `content` in its order. Files are
 * read twice, for their hashes and for the archive, so that none has to be held in memory.
 */
export async function pack(
  { application, entry, node, content, out }: PackInput,
  options: BuildOptions,
): Promise<Packed> {
  const { onProgress, signal } = options
  const onHash = (done: number) => onProgress?.({ step: 'hash', files: content.size, done })
  const hashed = await hashContent(content, onHash, signal)
  const files = hashed.filter(entry => entry.type === 'file')
  const manifest = manifestOf(application, entry, node, files)
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  const entries: TarEntry[] = [{ type: 'text', path: MANIFEST_PATH, text }, ...hashed]
  const onPack = (done: number) => onProgress?.({ step: 'pack', files: entries.length, done })
  const written = await writeArchive(out, tarStream(entries, onPack, signal), signal)
  return {
    ...written,
    files: files.length + 1,
    unpackedBytes: files.reduce((sum, { size }) => sum + size, text.length),
    nativeAddons: manifest.nativeAddons,
  }
}

function manifestOf(
  { name, version }: Application,
  entry: string,
  node: string | undefined,
  files: HashedFile[],
): Manifest {
  return {
    manifestVersion: MANIFEST_VERSION,
    name,
    version,
    entry,
    runtime: currentRuntime(),
    ...(node !== undefined && { node }),
    nativeAddons: files.map(({ path }) => path).filter(path => path.endsWith('.node')),
    files: Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])),
  }
}
