import type { HealthCheck, HealthRequest, ProbeRequest, WarmUpRequest } from '../rpc/health-contracts.ts'
import { type Check, type Checked, checkDuration, count, listOf, module, not, ok, text } from './check.ts'

const MAX_TIMES = 1_000

/** Checks a value key by key: each that is there, and no other. `form` says what it must be. */
function shape<T extends object>(
  checks: { [Key in keyof Required<T>]: Check<T[Key]> },
  form: string,
): Check<T> {
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return not(form)
    const kept: Record<string, unknown> = {}
    for (const [key, given] of Object.entries(value)) {
      const check = Object.hasOwn(checks, key) ? checks[key as keyof T] : null
      if (!check) return not(`${form}; there is no ${key}`)
      if (given === undefined) continue
      const checked: Checked<unknown> = check(given)
      if (!checked.ok) return not(`${form}; ${key} must be ${checked.wanted}`)
      kept[key] = checked.value
    }
    return ok(kept as T)
  }
}

/** The path of a request, as `checkPath` for what stands on a command line. */
export const checkPath: Check<string> = value =>
  typeof value === 'string' && /^\/[^\s]*$/.test(value)
    ? ok(value)
    : not("a path that begins with a slash and has no spaces, such as '/healthz'")

const method: Check<string> = value =>
  typeof value === 'string' && /^[A-Z]+$/.test(value)
    ? ok(value)
    : not("a method in capitals, such as 'HEAD'")

const headers: Check<Record<string, string>> = value =>
  typeof value === 'object' && value !== null && Object.values(value).every(item => typeof item === 'string')
    ? ok(value as Record<string, string>)
    : not("an object of texts, such as { authorization: 'Bearer …' }")

const body: Check<string> = value => (typeof value === 'string' ? ok(value) : not('a text'))

const isStatus = (value: unknown) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599

const status: Check<number | number[]> = value =>
  isStatus(value) || (Array.isArray(value) && value.length > 0 && value.every(isStatus))
    ? ok(value as number | number[])
    : not('a number from 200 to 599, or a list of them')

const times: Check<number> = value => {
  const checked = count(value)
  return checked.ok && checked.value <= MAX_TIMES ? checked : not(`a whole number from 1 to ${MAX_TIMES}`)
}

const probe = { path: checkPath, method, headers, body, endpoint: text } satisfies {
  [Key in keyof Required<ProbeRequest>]: Check<ProbeRequest[Key]>
}

const healthRequest = shape<HealthRequest>(
  { ...probe, status, text },
  'a request { path, method?, headers?, body?, endpoint?, status?, text? }',
)
const warmUpRequest = shape<WarmUpRequest>(
  { ...probe, times },
  'a request { path, method?, headers?, body?, endpoint?, times? }',
)

/** A request, or its path alone. */
const orPath =
  <T extends ProbeRequest>(check: Check<T>): Check<T> =>
  value => {
    if (typeof value !== 'string') return withPath(check(value))
    const path = checkPath(value)
    return path.ok ? ok({ path: path.value } as T) : path
  }

function withPath<T extends ProbeRequest>(checked: Checked<T>): Checked<T> {
  return checked.ok && checked.value.path === undefined ? not('a request with a path') : checked
}

const requests = listOf(orPath(healthRequest))

interface Written extends HealthCheck {
  path?: string
}

const written = shape<Written>(
  {
    path: checkPath,
    requests,
    module,
    tries: count,
    interval: checkDuration,
    timeout: checkDuration,
    warmUp: listOf(orPath(warmUpRequest)),
  },
  "a path such as '/healthz', a list of requests, or { path?, requests?, module?, tries?, interval?, timeout?, warmUp? }",
)

/** A path, a list of requests, or all there is to say; kept as the last of these. */
export const checkHealth: Check<HealthCheck> = value => {
  if (typeof value === 'string') {
    const path = checkPath(value)
    return path.ok ? ok({ requests: [{ path: path.value }] }) : path
  }
  if (Array.isArray(value)) {
    const list = requests(value)
    return list.ok ? ok({ requests: list.value }) : list
  }
  const checked = written(value)
  if (!checked.ok) return checked
  const { path, ...health } = checked.value
  return ok(path === undefined ? health : { ...health, requests: [{ path }, ...(health.requests ?? [])] })
}
