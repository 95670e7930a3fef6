import { MANIFEST_PATH, MANIFEST_VERSION, type Manifest } from '../manifest.ts'
import { currentRuntime } from '../runtime.ts'
import type { SigningKey } from '../signing-key.ts'
import type { Application } from './application.ts'
import type { ArchiveContent } from './archive-content.ts'
import { buildFailed } from './failure.ts'
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

export type Packed = Pick<
  BuiltRelease,
  'sha256' | 'signedBy' | 'files' | 'bytes' | 'unpackedBytes' | 'nativeAddons'
>

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
  if (options.sign) assertKeyStaysOut(options.sign, files)
  const manifest = manifestOf(application, entry, node, files)
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  const entries: TarEntry[] = [{ type: 'text', path: MANIFEST_PATH, text }, ...hashed]
  const onPack = (done: number) => onProgress?.({ step: 'pack', files: entries.length, done })
  const written = await writeArchive(out, tarStream(entries, onPack, signal), options)
  return {
    ...written,
    files: files.length + 1,
    unpackedBytes: files.reduce((sum, { size }) => sum + size, text.length),
    nativeAddons: manifest.nativeAddons,
    ...(options.sign && { signedBy: options.sign.id }),
  }
}

/** Everybody who gets the archive could sign others. */
function assertKeyStaysOut(key: SigningKey, files: HashedFile[]): void {
  const found = files.find(({ sha256 }) => sha256 === key.fileSha256)
  if (!found) return
  throw buildFailed(
    `The private key would be a file of the release (${found.path}). Keep it outside of the application's folder.`,
  )
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
