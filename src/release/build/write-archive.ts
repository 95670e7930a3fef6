import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import { isBeamDeployError, messageOf } from '../../errors.ts'
import type { ArchiveFormat } from '../archive-file.ts'
import { trailerOf } from '../signature.ts'
import type { SigningKey } from '../signing-key.ts'
import { buildFailed, throwIfAborted } from './failure.ts'
import { type ArchiveEnding, type Out, temporaryName } from './out.ts'

/** Levels are fixed, for equal input has to make equal bytes whatever the defaults of a Node.js version are. */
const GZIP_LEVEL = 6
const ZSTD_LEVEL = 10

/** What was written. */
interface Written {
  /** With the signature. */
  bytes: number
  /** Hex, of what was signed: all before the signature. */
  sha256: string
}

export interface WriteOptions {
  sign?: SigningKey | undefined
  signal?: AbortSignal | undefined
}

const FORMATS: Record<ArchiveEnding, ArchiveFormat> = {
  '.tgz': 'gzip',
  '.tar.gz': 'gzip',
  '.tar': 'tar',
  '.tar.zst': 'zstd',
}

/** Writes a tar stream, compressed and signed, to the archive, which is there whole or not at all. */
export async function writeArchive(
  { file, ending }: Out,
  tar: AsyncIterable<Buffer>,
  { sign, signal }: WriteOptions,
): Promise<Written> {
  const temporary = temporaryName(file)
  try {
    const written = await writeWhole(temporary, tar, ending, sign)
    throwIfAborted(signal)
    await rename(temporary, file)
    return written
  } catch (cause) {
    await rm(temporary, { force: true })
    if (isBeamDeployError(cause)) throw cause
    throw buildFailed(`${file} cannot be written (${messageOf(cause)}). Check free space and permissions.`, {
      cause,
    })
  }
}

async function writeWhole(
  path: string,
  tar: AsyncIterable<Buffer>,
  ending: ArchiveEnding,
  key: SigningKey | undefined,
): Promise<Written> {
  await using handle = await open(path, 'wx')
  const hash = createHash('sha256')
  let bytes = 0
  const write = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      await handle.writeFile(chunk)
    }
  }
  await (ending === '.tar' ? write(tar) : pipeline(tar, compressor(ending), write))
  const sha256 = hash.digest('hex')
  const trailer = key ? trailerOf(FORMATS[ending], key.sign(sha256)) : Buffer.alloc(0)
  await handle.writeFile(trailer)
  await handle.sync()
  return { bytes: bytes + trailer.length, sha256 }
}

function compressor(ending: Exclude<ArchiveEnding, '.tar'>) {
  switch (ending) {
    case '.tgz':
    case '.tar.gz':
      return createGzip({ level: GZIP_LEVEL })
    case '.tar.zst':
      return createZstdCompress({
        params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
      })
    default: {
      const unreachable: never = ending
      return unreachable
    }
  }
}
