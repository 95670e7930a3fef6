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

/**
 * Has stack traces show where the application's code stands in its own files, and leaves out what was put in between. Lines are right
 * anyway; columns are not where code was put before them.
 */
export function correctStackTraces(find: FindEdited): void {
  const prepare = Error.prepareStackTrace
  Error.prepareStackTrace = (error, trace) =>
    prepare?.(
      error,
      trace.flatMap(site => correct(site, find)),
    )
}

function correct(site: NodeJS.CallSite, find: FindEdited): NodeJS.CallSite[] {
  const file = site.getScriptNameOrSourceURL()
  const edited = file ? find(file, site.isEval()) : null
  const line = site.getLineNumber()
  const column = site.getColumnNumber()
  if (edited === null || line === null || column === null) return [site]
  const original = originalOf(edited, line, column - 1)
  if (original === null) return []
  return original.line === line && original.column === column - 1
    ? [site]
    : [moved(site, original, `:${line}:${column}`)]
}

interface Position {
  line: number
  /** From 0. */
  column: number
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
  if (originalColumn < end) return { line: originalLine, column: originalColumn }
  const written = constructors.find(
    ([atLine, atColumn]) => atLine === originalLine && (atColumn === end || atColumn === end - 1),
  )
  return written ? { line: written[2], column: written[3] } : null
}

function moved(site: NodeJS.CallSite, { line, column }: Position, written: string): NodeJS.CallSite {
  const place = `:${line}:${column + 1}`
  const replaced: Partial<Record<PropertyKey, unknown>> = {
    getLineNumber: () => line,
    getColumnNumber: () => column + 1,
    toString: () => {
      const text = site.toString()
      const at = text.lastIndexOf(written)
      return at < 0 ? text : text.slice(0, at) + place + text.slice(at + written.length)
    },
  }
  return new Proxy(site, {
    get: (target, key) => {
      if (key in replaced) return replaced[key]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
