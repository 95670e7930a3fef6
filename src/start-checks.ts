import { CHECKS } from './config/checks.ts'
import type { ReleaseConfig } from './config/config.ts'
import { nearest } from './config/nearest.ts'
import { BeamDeployError } from './errors.ts'
import type { ParentChild } from './parent-child.ts'
import { healthOf } from './start-health.ts'
import type { StartOptions } from './start-options.ts'

/** The options that a configuration has too, as they are kept there. */
export type SharedOptions = Pick<ReleaseConfig, (typeof SHARED)[number]>

const SHARED = [
  'app',
  'endpoints',
  'peers',
  'readyTimeout',
  'shutdownTimeout',
  'cutover',
  'overlapTime',
  'keepReleases',
  'maxDraining',
  'bake',
  'bakeErrorLimit',
  'prefixOutput',
  'hot',
] as const satisfies (keyof StartOptions & keyof ReleaseConfig)[]

type OwnOption = Exclude<keyof StartOptions, (typeof SHARED)[number]>

const isFunction = (value: unknown) => typeof value === 'function'
const isText = (value: unknown) => typeof value === 'string' && value !== ''

/** What the others must be. */
const OWN: Record<OwnOption, { check(value: unknown): boolean; wanted: string }> = {
  start: { check: isFunction, wanted: 'a function that starts the application' },
  // By itself: what is wrong with it says more.
  healthCheck: { check: () => true, wanted: '' },
  beforeCutover: { check: isFunction, wanted: 'a function' },
  afterCutover: { check: isFunction, wanted: 'a function' },
  enabled: { check: value => typeof value === 'boolean', wanted: 'true or false' },
  stateDir: { check: isText, wanted: 'the path of a folder' },
  verify: {
    check: value => Array.isArray(value) && value.length > 0 && value.every(isText),
    wanted: 'a list of paths of public keys',
  },
  node: { check: isText, wanted: 'the path of a Node.js' },
  logger: {
    check: value => ['info', 'warn', 'error'].every(name => isFunction(Object(value)[name])),
    wanted: 'an object with the functions info, warn and error',
  },
}

/**
 * JavaScript callers have no types to hold them to the options.
 *
 * @returns the shared ones, in the form in which they are used.
 * @throws `invalid_option`, naming the option.
 */
export function checkOptions(options: StartOptions): SharedOptions {
  const known: string[] = [...SHARED, ...Object.keys(OWN)]
  for (const key of Object.keys(options)) if (!known.includes(key)) throw unknown(key, known)
  for (const key of ['app', 'start'] as const)
    if (options[key] === undefined) throw invalid(key, undefined, key === 'app' ? 'a name' : OWN.start.wanted)
  for (const [key, { check, wanted }] of Object.entries(OWN)) {
    const value = options[key as OwnOption]
    if (value !== undefined && !check(value)) throw invalid(key, value, wanted)
  }
  healthOf(options)
  const shared: Record<string, unknown> = {}
  for (const key of SHARED) {
    if (options[key] === undefined) continue
    const checked = CHECKS[key](options[key])
    if (!checked.ok) throw invalid(key, options[key], checked.wanted)
    shared[key] = checked.value
  }
  return shared
}

export function checkChildren(children: readonly ParentChild[]): readonly ParentChild[] {
  const ids = new Set<string>()
  for (const [index, child] of children.entries()) {
    const { id, start } = child ?? {}
    if (!isText(id)) throw invalid(`parentChildren[${index}].id`, id, 'a name')
    if (ids.has(id))
      throw invalid(`parentChildren[${index}].id`, id, 'another: each name stands for one child')
    if (!isFunction(start))
      throw invalid(`parentChildren[${index}].start`, start, 'a function that starts it')
    ids.add(id)
  }
  return children
}

function unknown(key: string, known: readonly string[]): BeamDeployError {
  const meant = nearest(key, known)
  const hint = meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}.`
  const message = `start(): there is no option ${JSON.stringify(key)}; ${hint}`
  return new BeamDeployError('invalid_option', message, { phase: 'configure' })
}

function invalid(option: string, found: unknown, wanted: string): BeamDeployError {
  const message = `start(): the option ${option} is ${JSON.stringify(found) ?? String(found)}; it must be ${wanted}.`
  return new BeamDeployError('invalid_option', message, { phase: 'configure' })
}
