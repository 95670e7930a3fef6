import { createHash } from 'node:crypto'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { messageOf } from '../errors.ts'
import { type ArchiveFormat, CHUNK, openArchive } from './archive-file.ts'
import type { Refuse } from './refusal.ts'

export interface ArchiveOptions {
  /** Called with the tar stream, piece by piece. What it throws ends the reading. */
  consume(chunk: Buffer): void
  refuse: Refuse
  signal?: AbortSignal | undefined
  /** Called after each piece that was read: bytes of the archive, so far and in all. */
  onRead?: ((read: number, total: number) => void) | undefined
}

/**
 * Reads an archive in one pass. Resolves to the SHA-256 (hex) of its bytes without its signature: of exactly those that
 * `consume` was given the content of.
 *
 * @throws as `openArchive`; `invalid_release` for a damaged one, and whatever `consume` throws.
 */
export async function readArchive(archive: string, options: ArchiveOptions): Promise<string> {
  const { consume, refuse, signal, onRead } = options
  using file = openArchive(archive, refuse)
  try {
    const decompress = decompressorOf(file.format)
    const digest = createHash('sha256')
    const pieces = Readable.from(readPieces(), { objectMode: false, highWaterMark: CHUNK })
    let consumed = false
    const sink = async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) consume(chunk)
      consumed = true
    }
    try {
      await (decompress ? pipeline(pieces, decompress, sink, { signal }) : pipeline(pieces, sink, { signal }))
    } catch (error) {
      // Node.js 26 calls it an abort when a decompressor is at its end before its input is.
      const isEarlyEnd = consumed && !signal?.aborted && error instanceof Error && error.name === 'AbortError'
      if (!isEarlyEnd) throw error
    }
    // A decompressor stops at the end of its format; what stands behind it belongs to the hash all the same.
    for (let piece = file.read(); piece !== null; piece = file.read()) digest.update(piece)
    return digest.digest('hex')

    async function* readPieces() {
      let read = 0
      for (let piece = file.read(); piece !== null; piece = file.read()) {
        digest.update(piece)
        read += piece.length
        onRead?.(read, file.size)
        yield piece
      }
    }
  } catch (error) {
    throw isDamage(error) ? refuse(`it is damaged or cut off (${messageOf(error)})`, { cause: error }) : error
  }
}

function decompressorOf(format: ArchiveFormat): Transform | null {
  switch (format) {
    case 'gzip':
      return createGunzip({ chunkSize: CHUNK })
    case 'zstd':
      return createZstdDecompress({ chunkSize: CHUNK })
    case 'tar':
      return null
    default: {
      const unreachable: never = format
      return unreachable
    }
  }
}

/** What zlib says about its input. */
const isDamage = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
