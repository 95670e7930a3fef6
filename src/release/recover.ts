import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkEntry, readPackage, resolveEntry } from './entry.ts'
import { MANIFEST_PATH } from './manifest.ts'
import { parseManifest } from './manifest-read.ts'
import { refusalsOf } from './refusal.ts'
import type { ReleaseRecord } from './state-file.ts'

/** Makes the record of a release again from its files; `invalid_release` when they are no longer a release. */
export function recordOf(dir: string): ReleaseRecord {
  const refuse = refusalsOf(dir)
  const { name, version, main } = readPackage(dir, refuse)
  const manifestFile = join(dir, MANIFEST_PATH)
  const entry = existsSync(manifestFile)
    ? checkEntry(dir, parseManifest(readFileSync(manifestFile, 'utf8'), refuse).entry, refuse)
    : resolveEntry(dir, main, refuse)
  return { name, version, entry, sha256: null, adoptedAt: new Date().toISOString() }
}

/** The same for one outside the store. Nothing of it was hashed, and its id says so. */
export function recordInPlace(dir: string): { id: string; record: ReleaseRecord } {
  const record = { ...recordOf(dir), dir }
  return { id: `${record.version}-${'0'.repeat(12)}`, record }
}
