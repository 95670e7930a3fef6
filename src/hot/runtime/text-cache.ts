import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { ModuleFormat } from '../syntax/parse.ts'
import type { Application } from './application.ts'
import { INSTRUMENT_VERSION } from './version.ts'

/** A module as it is to be run. */
export interface InstrumentedText {
  code: string
  /** As JSON; see `positions.ts`. */
  positions: string
}

/** `null` for a module that is to be run as it is. */
export type Instrument = (text: string, format: ModuleFormat) => InstrumentedText | null

/** Instrumented texts by what they were made from, on disk from one start to the next. */
export interface TextCache {
  instrument: Instrument
  /** Writes what is new. What has not been asked for in this process is forgotten. */
  save(): void
}

/** The same function, remembered. Where nothing can be written, every start does the work anew. */
export function cacheTexts(application: Application, instrument: Instrument): TextCache {
  const file = fileFor(application)
  let known: Map<string, InstrumentedText | null> | null = null
  const used = new Map<string, InstrumentedText | null>()
  let fresh = false
  return {
    instrument: (text, format) => {
      known ??= file === null ? new Map() : read(file)
      const key = createHash('sha256').update(`${format}\0`).update(text).digest('base64')
      const found = known.get(key)
      const result = found === undefined ? instrument(text, format) : found
      fresh ||= found === undefined
      used.set(key, result)
      return result
    },
    save: () => {
      if (fresh && file !== null) write(file, used)
      known = new Map()
      used.clear()
      fresh = false
    },
  }
}

/** Beside what Node.js has compiled, which one release inherits from the other; else where tools keep such things. */
function fileFor({ root, release }: Application): string | null {
  const name = `beam-deploy-hot-${INSTRUMENT_VERSION}-${process.versions.v8.replace(/[^\w.]/g, '')}`
  if (release?.compileCache) return join(release.compileCache, name)
  const modules = join(root, 'node_modules')
  return existsSync(modules) ? join(modules, '.cache', 'beam-deploy', name) : null
}

function read(file: string): Map<string, InstrumentedText | null> {
  if (!existsSync(file)) return new Map()
  try {
    return deserialize(readFileSync(file)) as Map<string, InstrumentedText | null>
  } catch {
    // Cut off, or of another Node.js: it is made anew.
    return new Map()
  }
}

function write(file: string, texts: Map<string, InstrumentedText | null>): void {
  const aside = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(aside, serialize(texts))
    renameSync(aside, file)
  } catch (error) {
    // A folder that cannot be written to only costs time.
    if (!isFileError(error)) throw error
  }
}

const isFileError = (error: unknown) => error instanceof Error && 'code' in error && 'syscall' in error
