import type { Placed } from './extract.ts'
import { MANIFEST_PATH, type Manifest, RESERVED_FOLDER } from './manifest.ts'
import type { Refuse } from './refusal.ts'
import { quote } from './tar-reader.ts'

/** Refuses what only this package may put into a release: anything but the manifest in its folder. */
export function checkReservedFolder(placed: ReadonlyMap<string, Placed>, refuse: Refuse): void {
  for (const [path, { kind }] of placed) {
    const isOurs = path === RESERVED_FOLDER || path.startsWith(`${RESERVED_FOLDER}/`)
    const expected = path === RESERVED_FOLDER ? 'folder' : path === MANIFEST_PATH ? 'file' : null
    if (isOurs && kind !== expected) {
      throw refuse(`entry ${quote(path)} is in ${RESERVED_FOLDER}, which is for ${MANIFEST_PATH} alone`)
    }
  }
}

/** Checks that exactly the files of the manifest are there, with the content that it names. */
export function verifyFiles(manifest: Manifest, placed: ReadonlyMap<string, Placed>, refuse: Refuse): void {
  const expected = new Map(Object.entries(manifest.files))
  for (const [path, what] of placed) {
    if (what.kind !== 'file' || path === MANIFEST_PATH) continue
    const sha256 = expected.get(path)
    if (sha256 === undefined) throw refuse(`file ${quote(path)} is not in its manifest`)
    if (sha256 !== what.sha256) throw refuse(`file ${quote(path)} differs from its manifest`)
    expected.delete(path)
  }
  const [missing] = expected.keys()
  if (missing !== undefined) throw refuse(`file ${quote(missing)} of its manifest is missing`)
}
