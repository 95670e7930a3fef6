import { posix } from 'node:path'
import { MAX_TIMER_MS } from '../clock.ts'
import { readDuration } from '../duration.ts'
import type { BeamDeployConfig, ReleaseConfig } from './config.ts'

/** A value as it is kept, or what it must be. */
type Checked<T> = { ok: true; value: T } | { ok: false; wanted: string }
type Check<T> = (value: unknown) => Checked<T>

const ok = <T>(value: T): Checked<T> => ({ ok: true, value })
const not = (wanted: string): { ok: false; wanted: string } => ({ ok: false, wanted })

const text: Check<string> = value =>
  typeof value === 'string' && value !== '' ? ok(value) : not('a text that is not empty')

const count: Check<number> = value =>
  Number.isInteger(value) && Number(value) > 0 ? ok(Number(value)) : not('a whole number from 1')

const truth: Check<boolean> = value => (typeof value === 'boolean' ? ok(value) : not('true or false'))

export const checkDuration: Check<number> = value => {
  if (typeof value === 'number')
    return value > 0 && value <= MAX_TIMER_MS ? ok(value) : not(`milliseconds, from 1 to ${MAX_TIMER_MS}`)
  if (typeof value !== 'string') return not("milliseconds, or a text such as '30s'")
  const ms = readDuration(value)
  return typeof ms === 'number' ? ok(ms) : not(`another: ${ms.wrong}`)
}

const durationOrInfinity: Check<number | null> = value =>
  value === Number.POSITIVE_INFINITY || value === null || String(value).toLowerCase() === 'infinity'
    ? ok(null)
    : checkDuration(value)

/** A file of the application, by its path from the folder of the configuration. */
const file: Check<string> = value => {
  if (typeof value !== 'string' || value === '') return not("the path of a file, such as './sessions.js'")
  const path = posix.normalize(value)
  return path.startsWith('..') || posix.isAbsolute(path)
    ? not('a path inside the application')
    : ok(posix.join('.', path))
}

const module: Check<string> = value =>
  typeof value === 'function'
    ? not('the path of a module: what is given in a configuration runs in another process')
    : file(value)

const endpoint: Check<NonNullable<ReleaseConfig['endpoints']>[number]> = value => {
  const { port, host, path, ...others } = (value ?? {}) as Record<string, unknown>
  const form = "{ port, host? } or { path }, such as { port: 3000 } or { path: '/run/app.sock' }"
  if (typeof value !== 'object' || Object.keys(others).length > 0) return not(form)
  if (typeof path === 'string' && path !== '' && port === undefined && host === undefined) return ok({ path })
  const isPort = Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535
  if (!isPort || path !== undefined || (host !== undefined && typeof host !== 'string')) return not(form)
  return ok({ port: Number(port), ...(typeof host === 'string' && { host }) })
}

const parentChild: Check<{ id: string; module: string }> = value => {
  const { id, module: path, ...others } = (value ?? {}) as Record<string, unknown>
  const form = "{ id, module }, such as { id: 'sessions', module: './sessions.js' }"
  if (typeof value !== 'object' || typeof id !== 'string' || id === '' || Object.keys(others).length > 0)
    return not(form)
  const checked = module(path)
  return checked.ok ? ok({ id, module: checked.value }) : not(`${form}; module must be ${checked.wanted}`)
}

const listOf =
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

/** Every option of a configuration, and how it is checked. */
export const CHECKS: { [Key in keyof Required<BeamDeployConfig>]: Check<ReleaseConfig[Key]> } = {
  app: text,
  endpoints: listOf(endpoint),
  peers: value =>
    value === 'max' || count(value).ok ? ok(value as number | 'max') : not("a whole number from 1, or 'max'"),
  readyTimeout: checkDuration,
  shutdownTimeout: durationOrInfinity,
  keepReleases: count,
  maxDraining: count,
  envFile: text,
  prefixOutput: truth,
  hot: truth,
  log: value => (value === 'pretty' || value === 'json' ? ok(value) : not("'pretty' or 'json'")),
  parentChildren: listOf(parentChild, ({ id }) => id),
  node: file,
  beforeCutover: module,
  afterCutover: module,
}
