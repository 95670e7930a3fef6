import { join } from 'node:path'
import { type KeyPair, makeKeyPair } from '../../src/release/key-pair.ts'
import { readPublicKey, type TrustedKey } from '../../src/release/public-key.ts'
import { signArchive } from '../../src/release/sign-archive.ts'
import { readSigningKey, type SigningKey } from '../../src/release/signing-key.ts'
import { tempDir } from './pack-app.ts'
import type { Scope } from './scope.ts'

export interface Keys extends KeyPair {
  signing: SigningKey
  trusted: TrustedKey
}

/** A pair of keys in a folder of its own. */
export function newKeys(t: Scope): Keys {
  const pair = makeKeyPair(join(tempDir(t), 'test'))
  return {
    ...pair,
    signing: readSigningKey(pair.privateKey, 'the test'),
    trusted: readPublicKey(pair.publicKey, 'the test'),
  }
}

/** Signs an archive in its place; returns its path. */
export function signed(archive: string, { signing }: Keys): string {
  signArchive(archive, signing)
  return archive
}
