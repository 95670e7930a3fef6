import { renameSync, rmSync } from 'node:fs'
import { readArchive } from './archive.ts'
import type { CheckedArchive } from './check-signature.ts'
import { beginDraft, discardDraft, draftOf } from './draft.ts'
import { createExtraction } from './extract.ts'
import { DEFAULT_LIMITS, type Limits, tooManyBytes } from './limits.ts'
import { refusalsOf } from './refusal.ts'
import { settle } from './settle.ts'
import { createTarReader } from './tar-reader.ts'
import { untrusted } from './trust.ts'
import type { UnpackedRelease } from './unpacked.ts'

export interface UnpackOptions {
  /** Path of a `.tgz`, `.tar` or `.tar.zst`; what it is shows in its first bytes, not in its name. */
  archive: string
  /** Absolute path of the folder to make. It appears when the release is whole, or not at all. */
  into: string
  /** What was found when its signature was checked. It has to be the same still. */
  checked?: CheckedArchive | undefined
  limits?: Partial<Limits>
  signal?: AbortSignal
  /** Called as reading goes on: bytes of the archive, so far and in all. */
  onProgress?: (progress: { read: number; total: number; files: number }) => void
}

/**
 * Unpacks a release archive, whatever it contains, in one pass: it is read, hashed, decompressed, checked and
 * written at once.
 *
 * @throws `release_not_found`, `invalid_release` (the message names the entry and what is wrong with it),
 *   `untrusted_release` when it is no longer what was checked, or `extract_failed`. After any of them nothing is left on disk.
 */
export async function unpackRelease(options: UnpackOptions): Promise<UnpackedRelease> {
  const { archive, into, signal, onProgress } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const refuse = refusalsOf(archive)
  const draft = { source: archive, into }
  const folder = draftOf(into)
  const extraction = beginDraft(draft, () => createExtraction(folder, limits, refuse))
  try {
    const { totals, placed } = extraction
    const tar = createTarReader(extraction, refuse)
    let bytes = 0
    const consume = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limits.maxBytes) throw refuse(tooManyBytes(limits))
      tar.write(chunk)
    }
    const onRead = (read: number, total: number) => onProgress?.({ read, total, files: totals.files })
    const sha256 = await readArchive(archive, { consume, refuse, signal, onRead })
    tar.end()
    if (options.checked && options.checked.sha256 !== sha256) throw changed(archive)
    const { dir, ...facts } = settle(folder, placed, refuse)
    renameSync(dir, into)
    rmSync(folder, { recursive: true, force: true })
    const { verifiedBy } = options.checked ?? {}
    return { ...facts, sha256, ...totals, ...(verifiedBy !== undefined && { verifiedBy }) }
  } catch (error) {
    extraction.abandon()
    throw discardDraft(draft, error)
  }
}

/** Checking and unpacking read it one after the other: what was unpacked counts. */
const changed = (archive: string) =>
  untrusted(
    `Cannot use ${archive}`,
    'it was changed after its signature had been checked',
    'Find out who writes there.',
  )
