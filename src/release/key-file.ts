import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { BeamDeployError, messageOf } from '../errors.ts'

/** Node.js's name of the one kind of key that is used. */
export const ED25519 = 'ed25519'

/** More than any key has. */
const MAX_LENGTH = 64 * 1024

/**
 * Reads a key file.
 *
 * @param why begins the message where it cannot be used.
 * @returns the one PEM block in it, what that says it is, such as `PUBLIC KEY`, and the SHA-256 (hex) of the file.
 * @throws `invalid_option`
 */
export function readPem(file: string, why: string): { kind: string; text: string; sha256: string } {
  const content = readBytes(file, why)
  const [block, ...others] = content.length > MAX_LENGTH ? [] : content.toString('latin1').matchAll(BLOCK)
  if (!block) throw badKey(why, 'that is no key in PEM form; `beam-deploy keygen` makes a pair')
  if (others.length > 0) throw badKey(why, 'there is more than one key in it: name a file for each')
  return { kind: String(block[1]), text: block[0], sha256: hash('sha256', content, 'hex') }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[\s\S]+?-----END \1-----/g

function readBytes(file: string, why: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw badKey(why, `it cannot be read (${messageOf(cause)})`, cause)
  }
}

export const badKey = (why: string, reason: string, cause?: unknown) =>
  new BeamDeployError('invalid_option', `${why}: ${reason}.`, { phase: 'configure', cause })
