import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ModuleFormat } from '../syntax/parse.ts'

/** A module as it is to be run. */
export interface InstrumentedText {
  code: string
  /** By what it tells of itself: stands in its code, in quotes, and nowhere in what that was made from. */
  key: string
  /** As JSON; see `positions.ts`. */
  positions(): string
}

/** `null` for a module that is to be run as it is. */
export type Instrument = (source: ModuleSource) => InstrumentedText | null

/** A module as it is in its file. */
export interface ModuleSource {
  /** Its path in the release, with what its address has behind that. */
  name: string
  bytes: Buffer
  format: ModuleFormat
  typescript: boolean
  /** What is to be instrumented. */
  javascript(): string
}

/** Instrumented texts beside what they were made from, on disk from one start to the next. */
export interface TextCache {
  instrument: Instrument
  /** Writes what is new. What has not been asked for before the first time is forgotten. */
  save(): void
}

/** What was made of one module. */
interface Entry {
  /** How many bytes that has which it was made from. */
  source: number
  /** And its code. */
  code: number
  /** Each byte of the code is a character: what Node.js reads faster. */
  ascii: boolean
  /** `null` for a module that is to be run as it is. */
  key: string | null
  positions(): string
  /** Source and code, if this start has made it; else where they begin in the file. */
  at: Buffer | number
}

/**
 * The same function, remembered in `file`. Where nothing can be written, or with `null`, every start does the work anew.
 *
 * @param opened called when the file has been opened, which {@link TextCache.save} closes.
 */
export function cacheTexts(file: string | null, instrument: Instrument, opened: () => void): TextCache {
  let known: Known | null = null
  const used = new Map<string, Entry>()
  let fresh = false
  let saved = false
  return {
    instrument: source => {
      if (known === null) {
        known = open(file)
        opened()
      }
      const id = `${source.format}${source.typescript ? ' ts' : ''} ${source.name}`
      const entry = known.entries.get(id)
      if (entry?.source === source.bytes.length) {
        const { bytes, from } = known.find(entry)
        // Compared as a whole: that takes less time than to work out any hash of it.
        if (source.bytes.compare(bytes, from, from + entry.source) === 0) {
          used.set(id, entry)
          return textIn(entry, bytes, from + entry.source)
        }
      }
      const made = instrument(source)
      used.set(id, entryOf(source.bytes, made))
      fresh = true
      return made
    },
    save: () => {
      // What is loaded later comes to what was saved before.
      if (fresh && known && file !== null) write(file, saved ? [...known.entries, ...used] : [...used], known)
      saved ||= used.size > 0
      known?.close()
      known = null
      used.clear()
      fresh = false
    },
  }
}

function textIn(
  { code, ascii, key, positions }: Entry,
  bytes: Buffer,
  from: number,
): InstrumentedText | null {
  if (key === null) return null
  return { code: bytes.toString(ascii ? 'latin1' : 'utf8', from, from + code), key, positions }
}

function entryOf(source: Buffer, made: InstrumentedText | null): Entry {
  const code = Buffer.from(made?.code ?? '')
  return {
    source: source.length,
    code: code.length,
    ascii: code.length === made?.code.length,
    key: made?.key ?? null,
    positions: made?.positions ?? (() => ''),
    at: Buffer.concat([source, code]),
  }
}

/** What the file has. */
interface Known {
  entries: Map<string, Entry>
  /** Source and code of one, and where they begin. They stay there until the next is asked for. */
  find(entry: Entry): { bytes: Buffer; from: number }
  close(): void
}

const NOTHING: Known = { entries: new Map(), find: madeOf, close: () => undefined }

function madeOf({ at }: Entry) {
  if (typeof at === 'number') throw new Error('it is in a file that is not open')
  return { bytes: at, from: 0 }
}

/**
 * The file begins with how many bytes its index and all positions have, and with those. Behind them it has source and code of each entry. The
 * index is JSON: of each entry its name, its key, how many bytes its parts have, and whether its code is ASCII.
 */
type Index = [
  id: string,
  key: string | null,
  source: number,
  code: number,
  positions: number,
  ascii: boolean,
][]

const LENGTHS_BYTES = 8

/** How much is read at once, or more where one entry is longer: modules are asked for in the order in which they were the time before. */
const WINDOW_BYTES = 262_144

/**
 * Sources and codes are read part by part, into one buffer: if all were there at once, the garbage collector would run more often while the
 * application starts.
 */
function open(file: string | null): Known {
  if (file === null) return NOTHING
  let descriptor: number | null = null
  try {
    const opened = openSync(file, 'r')
    descriptor = opened
    const entries = entriesIn(opened)
    const longest = [...entries.values()].reduce((most, { source, code }) => Math.max(most, source + code), 0)
    const bytes = Buffer.allocUnsafeSlow(Math.max(WINDOW_BYTES, longest))
    let [first, end] = [0, 0]
    return {
      entries,
      find: entry => {
        const { at } = entry
        if (typeof at !== 'number') return madeOf(entry)
        if (at < first || at + entry.source + entry.code > end) {
          first = at
          end = at + readSync(opened, bytes, 0, bytes.length, at)
        }
        return { bytes, from: at - first }
      },
      close: () => closeSync(opened),
    }
  } catch {
    // Not there, or cut off: it is made anew.
    if (descriptor !== null) closeSync(descriptor)
    return NOTHING
  }
}

function entriesIn(descriptor: number): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  const lengths = Buffer.alloc(LENGTHS_BYTES)
  readSync(descriptor, lengths, 0, LENGTHS_BYTES, 0)
  const [indexed, positioned] = [lengths.readUInt32LE(0), lengths.readUInt32LE(4)]
  const { size } = fstatSync(descriptor)
  let at = LENGTHS_BYTES + indexed + positioned
  if (at > size) throw new RangeError('it has been cut off')
  const head = Buffer.allocUnsafeSlow(indexed + positioned)
  readSync(descriptor, head, 0, head.length, LENGTHS_BYTES)
  let end = indexed
  for (const [id, key, source, code, length, ascii] of JSON.parse(head.toString('utf8', 0, end)) as Index) {
    const start = end
    entries.set(id, {
      source,
      code,
      ascii,
      key,
      positions: () => head.toString('utf8', start, start + length),
      at,
    })
    at += source + code
    end += length
  }
  if (at !== size) throw new RangeError('it has been cut off')
  return entries
}

function write(file: string, entries: [id: string, entry: Entry][], { find }: Known): void {
  const positions = entries.map(([, entry]) => Buffer.from(entry.positions()))
  const index: Index = entries.map(([id, { key, source, code, ascii }], place) => [
    id,
    key,
    source,
    code,
    positions[place]?.length ?? 0,
    ascii,
  ])
  const json = Buffer.from(JSON.stringify(index))
  const head = Buffer.concat([Buffer.alloc(LENGTHS_BYTES), json, ...positions])
  head.writeUInt32LE(json.length, 0)
  head.writeUInt32LE(head.length - json.length - LENGTHS_BYTES, 4)
  const aside = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    const parts = entries.map(([, entry]) => {
      const { bytes, from } = find(entry)
      return Buffer.from(bytes.subarray(from, from + entry.source + entry.code))
    })
    writeFileSync(aside, Buffer.concat([head, ...parts]))
    renameSync(aside, file)
  } catch (error) {
    // A folder that cannot be written to only costs time.
    if (!isFileError(error)) throw error
  }
}

const isFileError = (error: unknown) => error instanceof Error && 'code' in error && 'syscall' in error
