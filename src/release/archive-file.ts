import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { BeamDeployError, isBeamDeployError, messageOf } from '../errors.ts'
import type { Refuse } from './refusal.ts'
import { findTrailer, type Trailer } from './signature.ts'
import { isTarHeader } from './tar-reader.ts'

/** Large enough that the main thread, which writes the files, seldom waits for the one that decompresses. */
export const CHUNK = 256 * 1024

/** How much of an archive's end is looked at for its signature. */
const TAIL = 1024

export type ArchiveFormat = 'gzip' | 'zstd' | 'tar'

/** An archive that is being read, from its beginning to where its signature begins. */
export interface ArchiveFile extends Disposable {
  format: ArchiveFormat
  /** Bytes of the content. */
  size: number
  trailer: Trailer
  /** The next bytes of the content, `null` at its end: the signature is no part of it. In a new buffer, or in the one that is given. */
  read(into?: Buffer): Buffer | null
}

/**
 * Opens an archive: tar, plain or compressed with gzip or Zstandard, told apart by their first bytes.
 *
 * @throws `release_not_found` when there is no such file or it cannot be read, `invalid_release` when it is no archive.
 */
export function openArchive(archive: string, refuse: Refuse): ArchiveFile {
  const fd = openFile(archive, refuse)
  try {
    const { size } = regular(fstatSync(fd), refuse)
    const start = readAt(0, Buffer.allocUnsafe(512))
    if (start.length === 0) throw refuse('it is empty')
    const format = formatOf(start)
    if (format === null) throw notAnArchive(refuse)
    const trailer = findTrailer(
      format,
      readAt(Math.max(0, size - TAIL), Buffer.allocUnsafe(Math.min(size, TAIL))),
    )
    const signed = trailer.kind === 'signature' ? size - trailer.length : null
    // Where there is no signature the file may grow while it is read.
    const end = signed ?? Number.POSITIVE_INFINITY
    let at = 0
    return {
      format,
      size: signed ?? size,
      trailer,
      read: (into = Buffer.allocUnsafe(CHUNK)) => {
        const chunk = readAt(at, into.subarray(0, Math.min(into.length, end - at)))
        at += chunk.length
        return chunk.length === 0 ? null : chunk
      },
      [Symbol.dispose]: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }

  /** Fills the buffer, at the end of the file only its beginning: returns what was filled. */
  function readAt(position: number, buffer: Buffer): Buffer {
    try {
      let filled = 0
      while (filled < buffer.length) {
        const read = readSync(fd, buffer, filled, buffer.length - filled, position + filled)
        if (read === 0) break
        filled += read
      }
      return buffer.subarray(0, filled)
    } catch (cause) {
      throw unreadable(archive, cause)
    }
  }
}

/** Looks before it opens, since to open some devices does something; and does not wait for the writer of a pipe that is there by then. */
function openFile(archive: string, refuse: Refuse): number {
  try {
    regular(statSync(archive), refuse)
    return openSync(archive, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw isBeamDeployError(cause) ? cause : unreadable(archive, cause)
  }
}

function regular(stat: Stats, refuse: Refuse): Stats {
  if (stat.isFile()) return stat
  throw refuse(stat.isDirectory() ? 'it is a folder, not an archive' : 'it is not a file')
}

function formatOf(start: Buffer): ArchiveFormat | null {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip'
  if (start.length >= 4 && start.readUInt32LE() === 0xfd2fb528) return 'zstd'
  return isTarHeader(start) ? 'tar' : null
}

const notAnArchive = (refuse: Refuse) =>
  refuse('it is not an archive: neither tar nor tar compressed with gzip or Zstandard', {
    remedy: 'Build one with `beam-deploy release` or `npm pack`.',
  })

function unreadable(archive: string, cause: unknown): BeamDeployError {
  const message = `Cannot read ${archive}: ${messageOf(cause)}. Check the path; \`beam-deploy release\` prints where it wrote the archive.`
  return new BeamDeployError('release_not_found', message, { phase: 'validate', cause })
}
