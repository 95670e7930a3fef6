import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { BeamDeployError, isBeamDeployError, messageOf } from '../errors.ts'
import type { Refuse } from './refusal.ts'
import { isTarHeader } from './tar-reader.ts'

/** Large enough that the main thread, which writes the files, seldom waits for the one that decompresses. */
const CHUNK = 256 * 1024

export interface ArchiveOptions {
  /** Called with the tar stream, piece by piece. What it throws ends the reading. */
  consume(chunk: Buffer): void
  refuse: Refuse
  signal?: AbortSignal | undefined
  /** Called after each piece that was read: bytes of the archive, so far and in all. */
  onRead?: ((read: number, total: number) => void) | undefined
}

/**
 * Reads an archive (tar, plain or compressed with gzip or Zstandard, told apart by their first bytes) in one pass.
 * Resolves to the SHA-256 (hex) of its bytes.
 *
 * @throws `release_not_found` when there is no such file or it cannot be read, `invalid_release` when it is no archive or
 *   a damaged one, and whatever `consume` throws.
 */
export async function readArchive(archive: string, options: ArchiveOptions): Promise<string> {
  const { consume, refuse, signal, onRead } = options
  const { fd, size } = openArchive(archive, refuse)
  try {
    const first = readChunk(fd, archive)
    if (first === null) throw refuse('it is empty')
    const decompress = decompressorFor(first, refuse)
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
    digestRest(digest)
    return digest.digest('hex')

    async function* readPieces() {
      let read = 0
      for (let piece: Buffer | null = first; piece !== null; piece = readChunk(fd, archive)) {
        digest.update(piece)
        read += piece.length
        onRead?.(read, size)
        yield piece
      }
    }

    /** A decompressor stops at the end of its format; what stands behind it belongs to the hash all the same. */
    function digestRest(digest: Hash) {
      for (let piece = readChunk(fd, archive); piece !== null; piece = readChunk(fd, archive))
        digest.update(piece)
    }
  } catch (error) {
    throw isDamage(error) ? refuse(`it is damaged or cut off (${messageOf(error)})`, { cause: error }) : error
  } finally {
    closeSync(fd)
  }
}

/** Looks before it opens: to open a named pipe would wait for its writer. */
function openArchive(archive: string, refuse: Refuse): { fd: number; size: number } {
  try {
    const stat = statSync(archive)
    if (!stat.isFile())
      throw refuse(stat.isDirectory() ? 'it is a folder, not an archive' : 'it is not a file')
    return { fd: openSync(archive, 'r'), size: stat.size }
  } catch (cause) {
    throw isBeamDeployError(cause) ? cause : unreadable(archive, cause)
  }
}

/** A new buffer each time: those before it may still be on their way through the decompressor. */
function readChunk(fd: number, archive: string): Buffer | null {
  const buffer = Buffer.allocUnsafe(CHUNK)
  try {
    const length = readSync(fd, buffer)
    return length === 0 ? null : buffer.subarray(0, length)
  } catch (cause) {
    throw unreadable(archive, cause)
  }
}

function unreadable(archive: string, cause: unknown): BeamDeployError {
  const message = `Cannot read ${archive}: ${messageOf(cause)}. Check the path; \`beam-deploy release\` prints where it wrote the archive.`
  return new BeamDeployError('release_not_found', message, { phase: 'validate', cause })
}

function decompressorFor(start: Buffer, refuse: Refuse): Transform | null {
  if (start[0] === 0x1f && start[1] === 0x8b) return createGunzip({ chunkSize: CHUNK })
  if (start.length >= 4 && start.readUInt32LE() === 0xfd2fb528)
    return createZstdDecompress({ chunkSize: CHUNK })
  if (isTarHeader(start)) return null
  throw refuse('it is not an archive: neither tar nor tar compressed with gzip or Zstandard', {
    remedy: 'Build one with `beam-deploy release` or `npm pack`.',
  })
}

/** What zlib says about its input. */
const isDamage = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
