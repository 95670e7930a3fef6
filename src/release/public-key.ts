import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { badKey, ED25519, readPem } from './key-file.ts'
import { type Signature, signedText } from './signature.ts'

/** A key whose signatures are taken. It survives JSON. */
export interface TrustedKey {
  /** See {@link keyIdOf}. */
  id: string
  /** The public key as SPKI, DER in base64. */
  spki: string
}

/** What a key is called: the first 16 hex digits of the SHA-256 of its public half (SPKI, DER). */
export const keyIdOf = (key: KeyObject): string =>
  createHash('sha256').update(derOf(key)).digest('hex').slice(0, 16)

/**
 * Reads a public key (PEM, SPKI).
 *
 * @param why begins the message where it cannot be used: who names which file.
 * @throws `invalid_option`, also for a private key.
 */
export function readPublicKey(file: string, why: string): TrustedKey {
  const { kind, text } = readPem(file, why)
  if (kind.endsWith('PRIVATE KEY')) {
    throw badKey(
      why,
      'that is a private key, which belongs only where archives are signed: name its public half (.pub)',
    )
  }
  if (kind !== 'PUBLIC KEY') throw badKey(why, `that is a ${kind.toLowerCase()}, not a public key`)
  const key = decode(text, why)
  if (key.asymmetricKeyType !== ED25519)
    throw badKey(why, `that is a key for ${key.asymmetricKeyType}, and only Ed25519 is used`)
  return { id: keyIdOf(key), spki: derOf(key).toString('base64') }
}

/** Whether the key has signed what has this SHA-256 (hex). */
export function hasSigned({ spki }: TrustedKey, sha256: string, { value }: Signature): boolean {
  const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })
  return verify(null, signedText(sha256), key, Buffer.from(value, 'hex'))
}

const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

function decode(text: string, why: string): KeyObject {
  try {
    return createPublicKey(text)
  } catch (cause) {
    throw badKey(why, 'that is no key which can be read', cause)
  }
}
