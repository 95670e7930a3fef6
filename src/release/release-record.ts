import { join } from 'node:path'
import type { UnpackResult } from '../rpc/contracts.ts'
import type { Release } from './release.ts'
import type { ReleaseRecord } from './state-file.ts'

/** What the store wants to know of what was unpacked. */
export type Adoptable = Pick<
  UnpackResult,
  'name' | 'version' | 'entry' | 'sha256' | 'config' | 'node' | 'verifiedBy'
>

/** What is kept of a release that has just come. */
export const recordFor = (unpacked: Adoptable): ReleaseRecord => {
  const { name, version, entry, sha256, config, node, verifiedBy } = unpacked
  return {
    name,
    version,
    entry,
    sha256,
    adoptedAt: new Date().toISOString(),
    ...(config && { config }),
    ...(node && { node }),
    ...(verifiedBy !== undefined && { verifiedBy }),
  }
}

/** The release of a record. */
export const releaseOf = (
  id: string,
  { name, version, entry, dir, config, node, verifiedBy }: ReleaseRecord,
  releases: string,
): Release => ({
  id,
  name,
  version,
  entry,
  dir: dir ?? join(releases, id),
  ...(config && { config }),
  ...(node && { node }),
  ...(verifiedBy !== undefined && { verifiedBy }),
})

/**
 * What becomes of the record of a release that is here already when the same comes once more. `null` where it is to be replaced: of what was
 * in it nothing is known any longer, and what has come now was checked.
 */
export function recordAgain(
  id: string,
  record: ReleaseRecord,
  { sha256, verifiedBy }: Adoptable,
): ReleaseRecord | null {
  if (record.sha256 === null && verifiedBy !== undefined) return null
  const hash = record.sha256 ?? sha256
  if (hash !== sha256) throw new Error(`${id} is here already, with the hash ${hash} and not ${sha256}`)
  // The same content, signed with another key, or checked for the first time.
  return verifiedBy === undefined || verifiedBy === record.verifiedBy ? record : { ...record, verifiedBy }
}
