import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import { type Journal, setProperty } from '../apply/undo.ts'
import type { LoadedData, Registry } from '../runtime/registry.ts'
import type { ReleaseFiles } from './files.ts'

/** A JSON file that is loaded, and that the new release has with another content. */
export interface DataChange {
  key: string
  loaded: LoadedData
  text: string
  /** Of its top level: what has another value, is new or is gone; `*` where it is no object. */
  names: string[]
  before: unknown
  after: unknown
}

/** @param keyOf where a file stands in its release. */
export function changedData(
  { data }: Registry,
  keyOf: (url: string) => string,
  files: ReleaseFiles,
): DataChange[] {
  return [...data.values()].flatMap(loaded => {
    const key = keyOf(loaded.url)
    const text = files.text(key)
    if (text === null || text === loaded.text) return []
    const before: unknown = JSON.parse(loaded.text)
    const after = parseOrNone(text)
    const names = differences(before, after)
    return names.length === 0 ? [] : [{ key, loaded, text, names, before, after }]
  })
}

/** A text that is no JSON is named among the reasons. */
const BROKEN = Symbol('broken')

function parseOrNone(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return BROKEN
    throw error
  }
}

function differences(before: unknown, after: unknown): string[] {
  if (!isObject(before) || !isObject(after)) return isDeepStrictEqual(before, after) ? [] : ['*']
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter(name => !isDeepStrictEqual(before[name], after[name]))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What modules have got for a JSON file: one object for `require`, another one for `import`. */
export type DataValues = Map<LoadedData, unknown[]>

/** Looks up what modules have; nothing is loaded by that. */
export async function valuesOf(changes: DataChange[]): Promise<DataValues> {
  const values: DataValues = new Map()
  for (const { loaded } of changes) {
    const { url, ways } = loaded
    const found: unknown[] = []
    if (ways.has('require')) found.push(createRequire(url)(fileURLToPath(url)))
    if (ways.has('import'))
      found.push(((await import(url, { with: { type: 'json' } })) as { default: unknown }).default)
    values.set(loaded, found)
  }
  return values
}

/** Why what modules have got cannot become what the new file says. */
export function dataReasons(changes: DataChange[], values: DataValues): HotReason[] {
  return changes.flatMap(({ key, loaded, names, before, after }) => {
    const reason = (message: string, remedy: string): HotReason[] => [
      { module: key, line: null, message, remedy, allow: null },
    ]
    if (after === BROKEN) return reason('it is no JSON', 'Correct it, and build the release again.')
    if (names.includes('*'))
      return reason('it is another value as a whole, and modules have the old one', 'Use `upgrade()`.')
    for (const value of values.get(loaded) ?? []) {
      const kept = names.find(
        name => !isObject(value) || !isObject(before) || !isDeepStrictEqual(value[name], before[name]),
      )
      if (kept !== undefined)
        return reason(
          `its \`${kept}\` changed, and the program has written another value there`,
          'Leave it as it was, or use `upgrade()`.',
        )
    }
    return []
  })
}

/** Gives the objects that modules have the new content. */
export function replaceData(changes: DataChange[], values: DataValues, journal: Journal): void {
  for (const { loaded, text, names, after } of changes) {
    const before = loaded.text
    journal.record(() => {
      loaded.text = before
    })
    loaded.text = text
    for (const value of values.get(loaded) ?? []) {
      if (!isObject(value) || !isObject(after)) continue
      for (const name of names) setProperty(value, name, descriptorOf(after, name), journal)
    }
  }
}

const descriptorOf = (object: Record<string, unknown>, name: string): PropertyDescriptor | null =>
  Object.hasOwn(object, name)
    ? { value: structuredClone(object[name]), writable: true, enumerable: true, configurable: true }
    : null
