import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { messageOf } from '../errors.ts'
import { badKey, ED25519, readPem } from './key-file.ts'
import { keyIdOf } from './public-key.ts'
import { type Signature, signedText } from './signature.ts'

/** A key that signs archives. */
export interface SigningKey {
  /** See `keyIdOf`. */
  id: string
  /** Of the file that it was read from, in hex. */
  fileSha256: string
  /** Signs what has this SHA-256 (hex). The same makes the same signature, always. */
  sign(sha256: string): Signature
}

/** The environment variable with the passphrase of a private key. */
export const PASSPHRASE = 'BEAM_DEPLOY_KEY_PASSPHRASE'

/**
 * Reads a private key (PEM), an encrypted one with the passphrase in the environment.
 *
 * @param why begins the message where it cannot be used: who names which file.
 * @throws `invalid_option`, also for a public key.
 */
export function readSigningKey(file: string, why: string): SigningKey {
  const { kind, text, sha256 } = readPem(file, why)
  if (kind.endsWith('PUBLIC KEY')) throw badKey(why, 'that is a public key; a private one is what signs')
  if (!kind.endsWith('PRIVATE KEY')) throw badKey(why, `that is a ${kind.toLowerCase()}, not a private key`)
  const key = decode(text, why)
  if (key.asymmetricKeyType !== ED25519)
    throw badKey(why, `that is a key for ${key.asymmetricKeyType}, and only Ed25519 is used`)
  const id = keyIdOf(createPublicKey(key))
  return {
    id,
    fileSha256: sha256,
    sign: content => ({ keyId: id, value: sign(null, signedText(content), key).toString('hex') }),
  }
}

/**
 * The passphrase that the environment has, which has it no longer then: what is started from here on, such as the build script of an
 * application, has no business with it.
 */
export function takePassphrase(): string | undefined {
  const passphrase = process.env[PASSPHRASE]
  delete process.env[PASSPHRASE]
  return passphrase === '' ? undefined : passphrase
}

function decode(text: string, why: string): KeyObject {
  const passphrase = takePassphrase()
  if (passphrase === undefined && ENCRYPTED.test(text))
    throw badKey(why, `it is encrypted: give its passphrase in the environment variable ${PASSPHRASE}`)
  try {
    return createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) })
  } catch (cause) {
    const how = passphrase === undefined ? '' : ` with the passphrase in ${PASSPHRASE}`
    throw badKey(why, `it cannot be read${how} (${messageOf(cause)})`, cause)
  }
}

const ENCRYPTED = /-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m
