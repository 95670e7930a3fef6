import type { ArchiveFormat } from './archive-file.ts'

/**
 * A signature stands at the end of the archive that it is of, in a form that every reader of the format passes over: behind gzip an empty
 * member with it as its extra field, behind Zstandard a skippable frame, behind plain tar a block after the mark of its end.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1.1
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2
 */
export interface Signature {
  /** Of the key that made it. */
  keyId: string
  /** Of {@link signedText}, in hex. */
  value: string
}

/** What was found at the end of an archive. */
export type Trailer =
  | { kind: 'none' }
  | { kind: 'signature'; signature: Signature; length: number }
  /** Something that looks like a signature, and why it is not used. */
  | { kind: 'unreadable'; reason: string }

/** Names what is signed and how, so that a signature of anything else can never be taken for one of an archive. */
const MARK = 'beam-deploy signature v'
const VERSION = 1

/** What a key signs: of the archive's content, which is all of it before the signature, its SHA-256 in hex. */
export const signedText = (sha256: string): Buffer => Buffer.from(`${MARK}${VERSION}\n${sha256}\n`)

/** The bytes to put behind an archive. */
export const trailerOf = (format: ArchiveFormat, { keyId, value }: Signature): Buffer =>
  WRAPPINGS[format](Buffer.from(`${MARK}${VERSION}\n${keyId}\n${value}\n`))

/** Looks for a signature in the last bytes of an archive. */
export function findTrailer(format: ArchiveFormat, tail: Buffer): Trailer {
  const length = LENGTHS[format]
  const signature = parse(tail.subarray(-length))
  // No byte of it may be otherwise: a reader could see content in what is passed over here.
  if (signature && trailerOf(format, signature).equals(tail.subarray(-length)))
    return { kind: 'signature', signature, length }
  const version = MARKED.exec(tail.toString('latin1'))?.[1]
  if (version === undefined) return { kind: 'none' }
  return { kind: 'unreadable', reason: Number(version) > VERSION ? newer(version) : BROKEN }
}

const BROKEN = 'its signature is damaged, or does not stand at its end'
const newer = (version: string) =>
  `its signature is of version ${version}, and this beam-deploy reads version ${VERSION}`

const MARKED = new RegExp(`${MARK}(\\d{1,9})`)
const TEXT = new RegExp(`${MARK}${VERSION}\\n([0-9a-f]{16})\\n([0-9a-f]{128})\\n`)

function parse(bytes: Buffer): Signature | null {
  const [, keyId, value] = TEXT.exec(bytes.toString('latin1')) ?? []
  return keyId === undefined || value === undefined ? null : { keyId, value }
}

const uint = (bytes: 2 | 4, value: number) => {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, bytes)
  return buffer
}

/** Magic number, deflate, "there is an extra field", no time, no level, unknown system. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255])
/** Our subfield in it. */
const GZIP_FIELD = Buffer.from('BD')
/** Nothing, compressed; then its checksum and its size. */
const GZIP_EMPTY = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
/** One of sixteen numbers that begin a skippable frame. */
const ZSTD_SKIPPABLE = 0x184d2a5d
const TAR_BLOCK = 512

const WRAPPINGS: Record<ArchiveFormat, (text: Buffer) => Buffer> = {
  gzip: text => {
    const field = [GZIP_FIELD, uint(2, text.length), text]
    return Buffer.concat([GZIP_HEADER, uint(2, text.length + 4), ...field, GZIP_EMPTY])
  },
  zstd: text => Buffer.concat([uint(4, ZSTD_SKIPPABLE), uint(4, text.length), text]),
  tar: text => Buffer.concat([text, Buffer.alloc(TAR_BLOCK - text.length)]),
}

const SAMPLE: Signature = { keyId: '0'.repeat(16), value: '0'.repeat(128) }
const LENGTHS: Record<ArchiveFormat, number> = {
  gzip: trailerOf('gzip', SAMPLE).length,
  zstd: trailerOf('zstd', SAMPLE).length,
  tar: trailerOf('tar', SAMPLE).length,
}
