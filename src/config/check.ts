import { posix } from 'node:path'
import { MAX_TIMER_MS } from '../clock.ts'
import { readDuration } from '../duration.ts'

/** A value as it is kept, or what it must be. */
export type Checked<T> = { ok: true; value: T } | { ok: false; wanted: string }
export type Check<T> = (value: unknown) => Checked<T>

export const ok = <T>(value: T): Checked<T> => ({ ok: true, value })
export const not = (wanted: string): { ok: false; wanted: string } => ({ ok: false, wanted })

export const text: Check<string> = value =>
  typeof value === 'string' && value !== '' ? ok(value) : not('a text that is not empty')

export const count: Check<number> = value =>
  Number.isInteger(value) && Number(value) > 0 ? ok(Number(value)) : not('a whole number from 1')

export const truth: Check<boolean> = value => (typeof value === 'boolean' ? ok(value) : not('true or false'))

export const checkDuration: Check<number> = value => {
  if (typeof value === 'number')
    return value > 0 && value <= MAX_TIMER_MS ? ok(value) : not(`milliseconds, from 1 to ${MAX_TIMER_MS}`)
  if (typeof value !== 'string') return not("milliseconds, or a text such as '30s'")
  const ms = readDuration(value)
  return typeof ms === 'number' ? ok(ms) : not(`another: ${ms.wrong}`)
}

/** A file of the application, by its path from the folder of the configuration. */
export const file: Check<string> = value => {
  if (typeof value !== 'string' || value === '') return not("the path of a file, such as './sessions.js'")
  const path = posix.normalize(value)
  return path.startsWith('..') || posix.isAbsolute(path)
    ? not('a path inside the application')
    : ok(posix.join('.', path))
}

export const module: Check<string> = value =>
  typeof value === 'function'
    ? not('the path of a module: what is given in a configuration runs in another process')
    : file(value)

export const listOf =
  <T>(check: Check<T>, keyOf?: (value: T) => string): Check<T[]> =>
  value => {
    if (!Array.isArray(value)) return not('a list')
    const values: T[] = []
    for (const [index, item] of value.entries()) {
      const checked = check(item)
      if (!checked.ok) return not(`a list; [${index}] must be ${checked.wanted}`)
      values.push(checked.value)
    }
    const keys = keyOf ? values.map(keyOf) : []
    const twice = keys.find((key, index) => keys.indexOf(key) !== index)
    return twice === undefined ? ok(values) : not(`a list in which ${JSON.stringify(twice)} stands once`)
  }
