import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { type ArchiveFile, CHUNK, openArchive } from './archive-file.ts'
import { hasSigned, type TrustedKey } from './public-key.ts'
import { refusalsOf } from './refusal.ts'
import { named, untrusted } from './trust.ts'

/** An archive that somebody has signed whose key is trusted. */
export interface CheckedArchive {
  /** Of the content that was signed, in hex. */
  sha256: string
  /** Id of the key. */
  verifiedBy: string
}

/**
 * Checks the signature of an archive. Nothing of it is unpacked for that, and it is read piece by piece.
 *
 * @throws `untrusted_release`; `release_not_found` when it cannot be read, `invalid_release` when it is no archive.
 */
export function checkSignature(archive: string, keys: readonly TrustedKey[]): CheckedArchive {
  const refuse = (reason: string, remedy: string) => untrusted(`Cannot use ${archive}`, reason, remedy)
  if (statSync(archive, { throwIfNoEntry: false })?.isDirectory()) {
    throw refuse(
      `it is a folder, which cannot be signed, and must be with one of these keys: ${named(keys)}`,
      'Build an archive of it with `beam-deploy release --sign`.',
    )
  }
  using file = openArchive(archive, refusalsOf(archive))
  switch (file.trailer.kind) {
    case 'none':
      throw refuse(
        `it is not signed, and must be with one of these keys: ${named(keys)}`,
        'Sign it (`beam-deploy sign`), and transfer it whole.',
      )
    case 'unreadable':
      throw refuse(file.trailer.reason, 'Transfer it again, or have it signed anew (`beam-deploy sign`).')
    case 'signature': {
      const { signature } = file.trailer
      const key = keys.find(({ id }) => id === signature.keyId)
      if (!key) {
        throw refuse(
          `it is signed with the key ${signature.keyId}, and must be with one of these: ${named(keys)}`,
          'Sign it with one of them, or start with --verify and the public half of the key that was used.',
        )
      }
      const sha256 = hashOf(file)
      if (!hasSigned(key, sha256, signature)) {
        throw refuse(
          `its content is not what the key ${key.id} has signed`,
          'It was changed on its way: transfer it again, and find out how that came.',
        )
      }
      return { sha256, verifiedBy: key.id }
    }
    default: {
      const unreachable: never = file.trailer
      return unreachable
    }
  }
}

function hashOf(file: Pick<ArchiveFile, 'read'>): string {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK)
  for (let chunk = file.read(buffer); chunk !== null; chunk = file.read(buffer)) hash.update(chunk)
  return hash.digest('hex')
}
