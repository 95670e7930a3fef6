import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ModuleFormat } from '../syntax/parse.ts'

/** A module as it is to be run. */
export interface InstrumentedText {
  code: string
  /** As JSON; see `positions.ts`. */
  positions(): string
}

/** `null` for a module that is to be run as it is. */
export type Instrument = (source: ModuleSource) => InstrumentedText | null

/** A module as it is in its file. */
export interface ModuleSource {
  bytes: Buffer
  format: ModuleFormat
  typescript: boolean
  /** What is to be instrumented. */
  javascript(): string
}

/** Instrumented texts by what they were made from, on disk from one start to the next. */
export interface TextCache {
  instrument: Instrument
  /** Writes what is new. What has not been asked for before the first time is forgotten. */
  save(): void
}

/**
 * One in the cache: its code, then its positions. All that is not asked for stays bytes of the file, outside of the heap: thousands of texts
 * there would be copied by the garbage collector again and again while the application starts, and so would views of each.
 */
interface Entry {
  /** What it is in, and from where on. */
  bytes: Buffer
  at: number
  /** How many bytes each part has. */
  code: number
  positions: number
  /** Each byte is a character: what Node.js reads faster. */
  ascii: boolean
}

/** The same function, remembered in `file`. Where nothing can be written, or with `null`, every start does the work anew. */
export function cacheTexts(file: string | null, instrument: Instrument): TextCache {
  let known: Map<string, Entry | null> | null = null
  const used = new Map<string, Entry | null>()
  let fresh = false
  let saved = false
  return {
    instrument: source => {
      known ??= file === null ? new Map() : read(file)
      const key = `${source.format}${source.typescript ? ' ts' : ''} ${hash('sha256', source.bytes, 'base64')}`
      let entry = known.get(key)
      if (entry === undefined) {
        fresh = true
        entry = entryOf(instrument(source))
      }
      used.set(key, entry)
      return entry && textIn(entry)
    },
    save: () => {
      // What is loaded later comes to what was saved before.
      if (fresh && file !== null) write(file, saved ? new Map([...read(file), ...used]) : used)
      saved ||= used.size > 0
      known = null
      used.clear()
      fresh = false
    },
  }
}

function entryOf(made: InstrumentedText | null): Entry | null {
  if (made === null) return null
  const code = Buffer.from(made.code)
  const positions = Buffer.from(made.positions())
  return {
    bytes: Buffer.concat([code, positions]),
    at: 0,
    code: code.length,
    positions: positions.length,
    ascii: code.length === made.code.length,
  }
}

const textIn = ({ bytes, at, code, positions, ascii }: Entry): InstrumentedText => ({
  code: bytes.toString(ascii ? 'latin1' : 'utf8', at, at + code),
  positions: () => bytes.toString('utf8', at + code, at + code + positions),
})

/** What the file begins with, as JSON: of each entry its key and the lengths of its parts. */
type Index = [key: string, code: number, positions: number, ascii: boolean][]

const LENGTH_BYTES = 4

function read(file: string): Map<string, Entry | null> {
  const entries = new Map<string, Entry | null>()
  try {
    const bytes = readFileSync(file)
    let at = LENGTH_BYTES + bytes.readUInt32LE(0)
    for (const [key, code, positions, ascii] of JSON.parse(
      bytes.toString('utf8', LENGTH_BYTES, at),
    ) as Index) {
      const end = at + code + positions
      if (end > bytes.length) throw new RangeError('it has been cut off')
      entries.set(key, code === 0 ? null : { bytes, at, code, positions, ascii })
      at = end
    }
    return entries
  } catch {
    // Not there, or cut off: it is made anew.
    return new Map()
  }
}

function write(file: string, entries: Map<string, Entry | null>): void {
  const index: Index = []
  const parts: Buffer[] = []
  for (const [key, entry] of entries) {
    index.push([key, entry?.code ?? 0, entry?.positions ?? 0, entry?.ascii ?? false])
    if (entry) parts.push(entry.bytes.subarray(entry.at, entry.at + entry.code + entry.positions))
  }
  const text = Buffer.from(JSON.stringify(index))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(text.length)
  const aside = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(aside, Buffer.concat([length, text, ...parts]))
    renameSync(aside, file)
  } catch (error) {
    // A folder that cannot be written to only costs time.
    if (!isFileError(error)) throw error
  }
}

const isFileError = (error: unknown) => error instanceof Error && 'code' in error && 'syscall' in error
