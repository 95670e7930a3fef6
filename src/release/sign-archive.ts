import { createHash } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { BeamDeployError, isBeamDeployError, messageOf } from '../errors.ts'
import { CHUNK, openArchive } from './archive-file.ts'
import { temporaryName } from './build/out.ts'
import { refusalsOf } from './refusal.ts'
import { trailerOf } from './signature.ts'
import type { SigningKey } from './signing-key.ts'
import { writeWhole } from './write-whole.ts'

export interface SignedArchive {
  /** Absolute path. */
  file: string
  /** Of what was signed, in hex: all of the archive before its signature. */
  sha256: string
  /** Id of the key. */
  signedBy: string
  /** Size of the archive, with the signature. */
  bytes: number
}

/**
 * Signs an archive in its place; a signature that it has is replaced. It is the old one or the new one at any moment.
 *
 * @throws `release_not_found`, `invalid_release` when it is no archive, or `build_failed` when it cannot be written.
 */
export function signArchive(archive: string, key: SigningKey): SignedArchive {
  using source = openArchive(archive, refusalsOf(archive))
  const file = realpathSync(archive)
  const temporary = temporaryName(file)
  try {
    const fd = openSync(temporary, 'wx', 0o600)
    try {
      const hash = createHash('sha256')
      let bytes = 0
      const buffer = Buffer.allocUnsafe(CHUNK)
      for (let chunk = source.read(buffer); chunk !== null; chunk = source.read(buffer)) {
        hash.update(chunk)
        writeWhole(fd, chunk)
        bytes += chunk.length
      }
      const sha256 = hash.digest('hex')
      const trailer = trailerOf(source.format, key.sign(sha256))
      writeWhole(fd, trailer)
      fchmodSync(fd, statSync(file).mode & 0o777)
      fsyncSync(fd)
      renameSync(temporary, file)
      return { file, sha256, signedBy: key.id, bytes: bytes + trailer.length }
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    rmSync(temporary, { force: true })
    if (isBeamDeployError(cause)) throw cause
    throw new BeamDeployError(
      'build_failed',
      `${file} cannot be written (${messageOf(cause)}). Check free space and permissions.`,
      { phase: 'build', cause },
    )
  }
}
