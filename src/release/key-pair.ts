import { generateKeyPairSync } from 'node:crypto'
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { BeamDeployError, messageOf } from '../errors.ts'
import { keyIdOf } from './public-key.ts'
import { PASSPHRASE, takePassphrase } from './signing-key.ts'

export interface KeyPair {
  /** Id of the key, which signatures name. */
  keyId: string
  /** Paths of the files. */
  privateKey: string
  publicKey: string
  /** Whether it takes a passphrase to read the private one. */
  encrypted: boolean
}

/**
 * Makes a pair of keys: `<name>.key` to sign with, for its owner alone, and `<name>.pub` to check with. The private one is encrypted where the
 * environment has a passphrase.
 *
 * @throws `invalid_option` when one of them is there already, or cannot be written; nothing was made or changed then.
 */
export function makeKeyPair(name: string): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const passphrase = takePassphrase()
  const secret = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }),
  })
  const files = { privateKey: `${name}.key`, publicKey: `${name}.pub` }
  writeNew(files.privateKey, secret, 0o600)
  try {
    writeNew(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }), 0o644)
  } catch (error) {
    rmSync(files.privateKey, { force: true })
    throw error
  }
  return { keyId: keyIdOf(publicKey), ...files, encrypted: passphrase !== undefined }
}

/** What is there already is a key that somebody needs. */
function writeNew(file: string, content: string | Buffer, mode: number): void {
  let fd: number
  try {
    fd = openSync(file, 'wx', mode)
  } catch (cause) {
    throw unwritable(file, cause)
  }
  try {
    writeFileSync(fd, content)
    fsyncSync(fd)
  } catch (cause) {
    rmSync(file, { force: true })
    throw unwritable(file, cause)
  } finally {
    closeSync(fd)
  }
}

function unwritable(file: string, cause: unknown): BeamDeployError {
  const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
  const message = isThere
    ? `${file} is there already, and no key is ever overwritten: name another with --out, or move it away.`
    : `${file} cannot be written (${messageOf(cause)}): name another place with --out.`
  return new BeamDeployError('invalid_option', message, { phase: 'configure', cause })
}

/** How the private key of a pair was kept, and what to do with both, for people. */
export const adviceFor = ({ keyId, privateKey, publicKey, encrypted }: KeyPair): string[] => [
  `key ${keyId}`,
  `  ${privateKey}  signs: beam-deploy release --sign ${privateKey}`,
  `  ${' '.repeat(privateKey.length)}  keep it where you build, outside of every application's folder, and nowhere else` +
    (encrypted ? `; its passphrase is read from ${PASSPHRASE}` : ''),
  `  ${publicKey}  checks: beam-deploy start --verify ${publicKey}`,
  `  ${' '.repeat(publicKey.length)}  copy it to each host that is to run what was signed; it is no secret`,
]
