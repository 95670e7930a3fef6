import type { Positions } from '../instrument/positions.ts'
import { lineStarts } from '../syntax/lines.ts'

/** A file whose text was edited before it ran. */
export interface EditedText {
  /** As its author wrote it. */
  text(): string
  /** Of its lines. */
  starts(): number[]
  positions(): Positions
}

/** Both are worked out when the first error asks for them. */
export function editedText(text: () => string, positions: () => Positions): EditedText {
  let starts: number[] | null = null
  let read: Positions | null = null
  return {
    text,
    starts: () => {
      starts ??= lineStarts(text())
      return starts
    },
    positions: () => {
      read ??= positions()
      return read
    },
  }
}

/** `patched`: it runs in the scope of a module that an upgrade has changed. `null` for what runs as it is. */
export type FindEdited = (file: string, patched: boolean) => EditedText | null

type Prepare = NonNullable<typeof Error.prepareStackTrace>

/**
 * Has stack traces show where the application's code stands in its own files, and leaves out what was put in between. Lines are right
 * anyway; columns are not where code was put before them. What the application sets as `Error.prepareStackTrace` is given the same.
 */
export function correctStackTraces(find: FindEdited): void {
  const known = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  const { prepareStackTrace: byDefault = (error: Error) => String(error) } = Error
  const correcting = new WeakMap<Prepare, Prepare>()
  const chosen = new WeakMap<Prepare, Prepare>()

  function corrected(prepare: Prepare): Prepare {
    const known = correcting.get(prepare)
    if (known) return known
    const made: Prepare = (error, trace) => {
      const sites = trace.flatMap((site, index) => correct(site, trace[index + 1], find))
      return Reflect.apply(prepare, Error, [error, sites]) as unknown
    }
    correcting.set(prepare, made)
    chosen.set(made, prepare)
    return made
  }

  let current: unknown = byDefault
  Object.defineProperty(Error, 'prepareStackTrace', {
    get: () => corrected(typeof current === 'function' ? (current as Prepare) : byDefault),
    // It may be set to what it was before.
    set: (next: unknown) => {
      current = typeof next === 'function' ? (chosen.get(next as Prepare) ?? next) : next
    },
    enumerable: known?.enumerable ?? true,
    configurable: true,
  })
}

/** @param caller who has called it, if that is known. */
function correct(
  site: NodeJS.CallSite,
  caller: NodeJS.CallSite | undefined,
  find: FindEdited,
): NodeJS.CallSite[] {
  const found = placeOf(site, find)
  if (found === null) return [evaluated(site, find)]
  const { original, line, column } = found
  if (original === null) return []
  if (original.onlyByNew && caller && callsSuper(caller, find)) return []
  const isMoved = original.line !== line || original.column !== column
  const place = isMoved
    ? moved(site, original, [`:${line}:${column + 1}`, `:${original.line}:${original.column + 1}`])
    : site
  return [site.isEval() ? ofFile(place) : place]
}

/** What an upgrade has put in place is code of its file, however it was compiled. */
function ofFile(site: NodeJS.CallSite): NodeJS.CallSite {
  // V8 calls functions without a name so, where they were compiled from a string.
  const isNameless = site.getFunctionName() === 'eval'
  return replaced(site, {
    getFileName: () => site.getScriptNameOrSourceURL(),
    isEval: () => false,
    getEvalOrigin: () => undefined,
    ...(isNameless && {
      getFunctionName: () => null,
      toString: () => site.toString().replace(/^(async )?eval \((.*)\)$/, '$1$2'),
    }),
  })
}

interface Place {
  edited: EditedText
  line: number
  /** From 0. */
  column: number
  /** `null` for what is no part of the original. */
  original: Position | null
}

/** `null` where nothing was edited. */
function placeOf(site: NodeJS.CallSite, find: FindEdited): Place | null {
  const file = site.getScriptNameOrSourceURL()
  const edited = file ? find(file, site.isEval()) : null
  const line = site.getLineNumber()
  const column = site.getColumnNumber()
  if (edited === null || line === null || column === null) return null
  return { edited, line, column: column - 1, original: originalOf(edited, line, column - 1) }
}

/** V8 leaves out constructors that do nothing but to call the class they extend, where another one has called them. */
function callsSuper(site: NodeJS.CallSite, find: FindEdited): boolean {
  const place = placeOf(site, find)
  if (!place?.original) return false
  const { edited, original } = place
  if (original.isWritten) return true
  return edited.text().startsWith('super', (edited.starts()[original.line - 1] ?? 0) + original.column)
}

/** What was compiled from a string: where that was asked for is a part of its name. */
function evaluated(site: NodeJS.CallSite, find: FindEdited): NodeJS.CallSite {
  const origin = site.isEval() ? site.getEvalOrigin() : undefined
  const match = origin ? /\(([^()]+):(\d+):(\d+)\)/.exec(origin) : null
  const [written, file, line, column] = match ?? []
  const edited = file === undefined ? null : find(file, false)
  const original = edited && originalOf(edited, Number(line), Number(column) - 1)
  if (!original || written === undefined) return site
  const place = `(${file}:${original.line}:${original.column + 1})`
  return replaced(site, {
    getEvalOrigin: () => origin?.replace(written, place),
    toString: () => site.toString().replace(written, place),
  })
}

interface Position {
  line: number
  /** From 0. */
  column: number
  /** Whether it stands for a constructor that was written down, and whether that is only shown where `new` has called it. */
  isWritten: boolean
  onlyByNew: boolean
}

/** `null` for what is no part of the original. */
function originalOf(edited: EditedText, line: number, column: number): Position | null {
  const { positions } = edited
  const { lines, constructors } = positions()
  const starts = edited.starts()
  const lengthOf = (index: number) => (starts[index] ?? edited.text().length + 1) - (starts[index - 1] ?? 0)
  if (line > starts.length) return null
  const segments = lines[line] ?? [[0, line, 0]]
  const index = segments.findLastIndex(([from]) => from <= column)
  const found = segments[index]
  if (found === undefined) return null
  const [from, originalLine, originalFrom] = found
  const next = segments[index + 1]
  const end = next && next[1] === originalLine && next[2] > originalFrom ? next[2] : lengthOf(originalLine)
  const originalColumn = originalFrom + column - from
  if (originalColumn < end)
    return { line: originalLine, column: originalColumn, isWritten: false, onlyByNew: false }
  const written = constructors.find(
    ([atLine, atColumn]) => atLine === originalLine && (atColumn === end || atColumn === end - 1),
  )
  if (!written) return null
  return { line: written[2], column: written[3], isWritten: true, onlyByNew: written[4] === 1 }
}

function moved(
  site: NodeJS.CallSite,
  { line, column }: Position,
  [written, place]: [string, string],
): NodeJS.CallSite {
  return replaced(site, {
    getLineNumber: () => line,
    getColumnNumber: () => column + 1,
    toString: () => {
      const text = site.toString()
      const at = text.lastIndexOf(written)
      return at < 0 ? text : text.slice(0, at) + place + text.slice(at + written.length)
    },
  })
}

function replaced(site: NodeJS.CallSite, by: Partial<Record<PropertyKey, unknown>>): NodeJS.CallSite {
  return new Proxy(site, {
    get: (target, key) => {
      if (Object.hasOwn(by, key)) return by[key]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
