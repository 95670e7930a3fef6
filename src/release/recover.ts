import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkEntry, readPackage, resolveEntry } from './entry.ts'
import { MANIFEST_PATH } from './manifest.ts'
import { parseManifest } from './manifest-read.ts'
import { INSTALLED_NODE } from './node-binary.ts'
import { refusalsOf } from './refusal.ts'
import type { NodeBinary } from './release.ts'
import type { ReleaseRecord } from './state-file.ts'

/** Makes the record of a release again from its files; `invalid_release` when they are no longer a release. */
export function recordOf(dir: string): ReleaseRecord {
  const refuse = refusalsOf(dir)
  const { name, version, main } = readPackage(dir, refuse)
  const manifestFile = join(dir, MANIFEST_PATH)
  const manifest = existsSync(manifestFile) ? parseManifest(readFileSync(manifestFile, 'utf8'), refuse) : null
  const entry = manifest ? checkEntry(dir, manifest.entry, refuse) : resolveEntry(dir, main, refuse)
  const node = nodeIn(dir, manifest?.node)
  return { name, version, entry, sha256: null, adoptedAt: new Date().toISOString(), ...(node && { node }) }
}

/** Nobody asks it for its version here: it was asked when the release came. */
function nodeIn(dir: string, named: string | undefined): NodeBinary | null {
  const path = named ?? INSTALLED_NODE
  return existsSync(join(dir, path)) ? { path, version: 'unknown', abi: 'unknown' } : null
}

/** The same for one outside the store. Nothing of it was hashed, and its id says so. */
export function recordInPlace(dir: string): { id: string; record: ReleaseRecord } {
  const { node: _, ...found } = recordOf(dir)
  const record = { ...found, dir }
  return { id: `${record.version}-${'0'.repeat(12)}`, record }
}
