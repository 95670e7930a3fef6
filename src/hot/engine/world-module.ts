import { diff } from '../diff/diff.ts'
import type { Model } from '../model/model.ts'
import { readsIn } from '../plan/reads.ts'
import type { WorldModule } from '../plan/world.ts'
import type { ModuleFormat } from '../syntax/parse.ts'
import type { ReleaseFiles } from './files.ts'
import type { LivingState } from './living.ts'
import { reachedFrom } from './reached.ts'
import { requestsIn } from './requests.ts'

/** All modules, among which each finds those that it asks for. What is in here grows while the world is built. */
export interface KnownModules {
  modules: Map<string, WorldModule>
  states: Map<string, LivingState>
  /** What is loaded, by its address. */
  byUrl: Map<string, { key: string }>
  /** What each loaded module asked for, by its address. */
  requests: Map<string, Map<string, string>>
  files: ReleaseFiles
  /** Keys of modules that nobody asks for any more. */
  gone: Set<string>
}

/** What one module is before and after, as far as it is its own. */
interface ModuleParts {
  format: ModuleFormat
  before(): Model | null
  after(): Model | null
  recordOf: WorldModule['recordOf']
  classOf: WorldModule['classOf']
  runOf: WorldModule['runOf']
  accepted: WorldModule['accepted']
  differs: boolean
}

/** A module among the others. What it is compared with, and what it asks for, is found when it is wanted first. */
export function worldModule(key: string, parts: ModuleParts, known: KnownModules): WorldModule {
  const { modules, states, byUrl, requests, files, gone } = known
  let difference: WorldModule['difference'] | undefined
  // Resolution gives something else while an upgrade is committed.
  const targets = new Map<string, WorldModule>()
  const find = (request: string): WorldModule | null => {
    const asked = byUrl.get(requests.get(states.get(key)?.loaded.url ?? '')?.get(request) ?? '')
    if (asked) return modules.get(asked.key) ?? null
    const found = files.resolve(key, request, parts.format)
    return found === null ? null : (modules.get(found) ?? null)
  }
  return {
    key,
    format: parts.format,
    get before() {
      return parts.before()
    },
    get after() {
      return gone.has(key) ? null : parts.after()
    },
    compareAnyway: () => {
      const before = parts.before()
      const after = parts.after()
      difference ??= before && after ? diff(before, after) : null
      return difference
    },
    get difference() {
      if (gone.has(key)) return null
      if (difference === undefined) {
        const before = parts.differs ? parts.before() : null
        const after = parts.differs ? parts.after() : null
        difference = before && after ? diff(before, after) : null
      }
      return difference
    },
    recordOf: parts.recordOf,
    classOf: parts.classOf,
    runOf: parts.runOf,
    accepted: parts.accepted,
    takes: request => {
      const accepted = parts.accepted()
      const target = accepted.size > 0 ? (modules.get(key)?.target(request) ?? null) : null
      return target !== null && accepted.has(target)
    },
    targets: () => targetsOf(key, parts, known),
    target: request => {
      const found = targets.get(request) ?? find(request)
      if (found) targets.set(request, found)
      return found
    },
  }
}

/** Those of an unchanged module are known without reading it. */
function targetsOf(
  key: string,
  parts: ModuleParts,
  { modules, states, byUrl, requests }: KnownModules,
): WorldModule[] {
  const after = parts.differs ? parts.after() : null
  const module = modules.get(key)
  const state = states.get(key)
  // What an upgrade has imported, no hook has heard of.
  const text = after ?? (state && state.generation > 0 ? state.current() : null)
  const named = text && module ? requestsIn(text).flatMap(request => module.target(request) ?? []) : []
  if (text && readsIn(text).every(read => read.of !== 'import')) return named
  const reached = state ? reachedFrom(state, requests) : []
  return [
    ...new Set([...named, ...[...reached].flatMap(url => modules.get(byUrl.get(url)?.key ?? '') ?? [])]),
  ]
}

/** A JSON file, which is a module that has no text to compare. */
export const dataModule = (key: string): WorldModule => ({
  key,
  format: 'json',
  before: null,
  after: null,
  difference: null,
  compareAnyway: () => null,
  recordOf: () => ({ targets: [] }),
  classOf: () => ({ texts: [] }),
  runOf: () => null,
  takes: () => false,
  accepted: () => new Set(),
  target: () => null,
  targets: () => [],
})
