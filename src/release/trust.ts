import { BeamDeployError } from '../errors.ts'
import type { TrustedKey } from './public-key.ts'
import type { Release } from './release.ts'

/** What is not to be run because nobody whose key is trusted has signed it. `what` begins the message. */
export const untrusted = (what: string, reason: string, remedy: string): BeamDeployError =>
  new BeamDeployError('untrusted_release', `${what}: ${reason}. ${remedy}`, { phase: 'validate' })

/** The ids of keys, as a message names them. */
export const named = (keys: readonly TrustedKey[]): string => keys.map(({ id }) => id).join(', ')

/** Whether a release was checked when it came, with a key that is trusted now; all are where none has to be. */
const isTrusted = ({ verifiedBy }: Verified, keys: readonly TrustedKey[]): boolean =>
  keys.length === 0 || keys.some(({ id }) => id === verifiedBy)

interface Verified {
  verifiedBy?: string | undefined
}

/** Throws `untrusted_release` for a release on disk that was never checked, or with a key that is trusted no longer. */
export function assertTrusted(release: Release, keys: readonly TrustedKey[]): void {
  if (isTrusted(release, keys)) return
  const { name, version, verifiedBy } = release
  const reason =
    verifiedBy === undefined
      ? 'its signature was not checked when it came'
      : `it was signed with the key ${verifiedBy}, which is not trusted now (${named(keys)})`
  const remedy = 'Give an archive of it that is signed with a key that --verify names.'
  throw untrusted(`Cannot run ${name} ${version} from the state folder`, reason, remedy)
}

/**
 * Throws unless whoever unpacked `source` says that it is signed with one of the keys. A program of another version, which knows of no
 * signatures, says nothing.
 */
export function assertChecked(source: string, unpacked: Verified, keys: readonly TrustedKey[]): void {
  if (isTrusted(unpacked, keys)) return
  const remedy = 'Start the parent anew, so that all of it is of one version.'
  throw untrusted(`Cannot use ${source}`, 'its signature was not checked when it was unpacked', remedy)
}
