import { Header } from 'tar/header'
import { type PaxOverrides, parsePax } from './pax.ts'
import type { Refuse } from './refusal.ts'

const BLOCK = 512
/** Longer names than this are an attack on our memory. */
const MAX_EXTENDED_HEADER = 1024 * 1024

/** One entry of a tar archive, as it is written there: nothing of it has been checked. */
export interface TarEntry {
  path: string
  /** node-tar's name of the type: `File`, `Directory`, `SymbolicLink`, `Link`, `FIFO`… */
  type: string
  /** Permission bits with setuid, setgid and sticky. */
  mode: number
  /** Bytes. */
  size: number
  linkpath: string
}

/** Takes what is read, in the archive's order. Every entry is ended before the next one begins. */
export interface TarSink {
  entry(entry: TarEntry): void
  data(chunk: Buffer): void
  end(): void
}

export interface TarReader {
  write(chunk: Buffer): void
  /** To be called after the last chunk: throws when the archive is not whole. */
  end(): void
}

type Body = { kind: 'entry'; path: string } | { kind: 'extended'; type: string; chunks: Buffer[] }

/**
 * Reads a tar stream, whole and synchronously. Header blocks are decoded by node-tar; its `Parser` is not used,
 * because a stream object for each entry costs more than writing the files does.
 */
export function createTarReader(sink: TarSink, refuse: Refuse): TarReader {
  let rest: Buffer | null = null
  let body: Body | null = null
  let remaining = 0
  let padding = 0
  let pending: PaxOverrides = {}
  let zeroBlocks = 0

  return {
    write(chunk) {
      const input = rest ? Buffer.concat([rest, chunk]) : chunk
      rest = null
      let at = 0
      while (at < input.length && zeroBlocks < 2) {
        if (body) at += readBody(body, input, at)
        else if (padding > 0) at += skipPadding(input.length - at)
        else if (input.length - at < BLOCK) {
          rest = input.subarray(at)
          return
        } else {
          readHeader(input, at)
          at += BLOCK
        }
      }
    },
    end() {
      if (body?.kind === 'entry') throw refuse(`it is cut off in the middle of entry ${quote(body.path)}`)
      if (zeroBlocks < 2) throw refuse('it is cut off: the mark of its end is missing')
    },
  }

  function readHeader(input: Buffer, at: number): void {
    const header = decodeHeader(input, at, pending, refuse)
    if (header.nullBlock) {
      zeroBlocks += 1
      return
    }
    if (zeroBlocks > 0) throw refuse('it is damaged: an empty block in the middle')
    if (!header.cksumValid) throw refuse('it is damaged: the checksum of a header is wrong')
    const { type, size, mode = 0o644 } = header
    // `Header` puts the ustar prefix before a path from an extended header too, and does not know a link's target from one.
    const { path = header.path ?? '', linkpath = header.linkpath ?? '' } = EXTENDED.has(type) ? {} : pending
    if (size === undefined) throw refuse(`entry ${quote(path)} has no valid size`)
    remaining = size
    padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (EXTENDED.has(type)) {
      if (size > MAX_EXTENDED_HEADER) throw refuse(`it has an extended header of ${size} bytes`)
      body = { kind: 'extended', type, chunks: [] }
    } else {
      pending = {}
      body = { kind: 'entry', path }
      sink.entry({ path, type, mode: mode & 0o7777, size, linkpath })
    }
    if (size === 0) endBody(body)
  }

  function readBody(current: Body, input: Buffer, at: number): number {
    const part = input.subarray(at, at + remaining)
    if (current.kind === 'entry') sink.data(part)
    else current.chunks.push(part)
    remaining -= part.length
    if (remaining === 0) endBody(current)
    return part.length
  }

  function endBody(ended: Body): void {
    body = null
    if (ended.kind === 'entry') sink.end()
    else pending = extend(pending, ended.type, Buffer.concat(ended.chunks), refuse)
  }

  function skipPadding(available: number): number {
    const skipped = Math.min(padding, available)
    padding -= skipped
    return skipped
  }
}

/** Whether a block is a tar header: how an archive without compression is recognised. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK) return false
  try {
    const header = new Header(block)
    return header.nullBlock || header.cksumValid
  } catch {
    return false // What cannot be decoded is none.
  }
}

/** Those that say something about the next entry and are none themselves. */
const EXTENDED = new Set([
  'ExtendedHeader',
  'OldExtendedHeader',
  'GlobalExtendedHeader',
  'NextFileHasLongPath',
  'OldGnuLongPath',
  'NextFileHasLongLinkpath',
])

function decodeHeader(input: Buffer, at: number, pending: PaxOverrides, refuse: Refuse): Header {
  try {
    return new Header(input, at, pending)
  } catch (cause) {
    throw refuse('it is damaged: a header cannot be decoded', { cause })
  }
}

function extend(pending: PaxOverrides, type: string, body: Buffer, refuse: Refuse): PaxOverrides {
  switch (type) {
    case 'NextFileHasLongPath':
    case 'OldGnuLongPath':
      return { ...pending, path: withoutEnd(body) }
    case 'NextFileHasLongLinkpath':
      return { ...pending, linkpath: withoutEnd(body) }
    case 'GlobalExtendedHeader':
      // Git writes one with a comment. One that renames or resizes every entry has no honest use.
      if (Object.keys(parsePax(body, refuse)).length > 0) throw refuse('a global header changes every entry')
      return pending
    default:
      return { ...pending, ...parsePax(body, refuse) }
  }
}

/** GNU long names end with one NUL; any other is part of the name, and refused there. */
const withoutEnd = (body: Buffer) => body.toString('utf8').replace(/\0$/, '')

/** A name from an archive as it can be shown: control characters escaped. */
export const quote = (name: string) => JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)
