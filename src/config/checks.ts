import { type Check, checkDuration, count, file, listOf, module, not, ok, text, truth } from './check.ts'
import { checkHealth } from './check-health.ts'
import type { BeamDeployConfig, CutoverMode, ReleaseConfig } from './config.ts'

/** 0 is none. */
export const checkBake: Check<number> = value => (value === 0 ? ok(0) : checkDuration(value))

const share: Check<number> = value =>
  typeof value === 'number' && value >= 0 && value <= 1 ? ok(value) : not('a share, from 0 to 1')

const durationOrInfinity: Check<number | null> = value =>
  value === Number.POSITIVE_INFINITY || value === null || String(value).toLowerCase() === 'infinity'
    ? ok(null)
    : checkDuration(value)

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

export const checkCutover: Check<CutoverMode> = value =>
  value === 'gate' || value === 'overlap' ? ok(value) : not("'gate' or 'overlap'")

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
  bake: checkBake,
  bakeErrorLimit: share,
  envFile: text,
  prefixOutput: truth,
  hot: truth,
  log: value => (value === 'pretty' || value === 'json' ? ok(value) : not("'pretty' or 'json'")),
  parentChildren: listOf(parentChild, ({ id }) => id),
  node: file,
  healthCheck: checkHealth,
  cutover: checkCutover,
  overlapTime: checkDuration,
  beforeCutover: module,
  afterCutover: module,
}
