import { diff } from '../diff/diff.ts'
import { type Model, modelOf } from '../model/model.ts'
import { acceptsIn } from '../plan/about-hot.ts'
import { readsIn } from '../plan/reads.ts'
import type { FunctionRecord, WorldModule } from '../plan/world.ts'
import type { ModuleFormat } from '../syntax/parse.ts'
import type { DataChange } from './data.ts'
import type { ReleaseFiles } from './files.ts'
import type { Living, LivingState } from './living.ts'
import { otherFormat } from './other-format.ts'
import { isGone } from './own-replacement.ts'
import { reachIn } from './reach.ts'
import { reachedFrom } from './reached.ts'
import { requestsIn } from './requests.ts'

/** A text that is none. */
export interface BrokenModule {
  key: string
  line: number | null
  message: string
}

/** The application before and after. */
export interface BuiltWorld {
  modules: Map<string, WorldModule>
  /** Those that differ, are new, or are gone. */
  changed: WorldModule[]
  broken: BrokenModule[]
  /** Those that are loaded and cannot be replaced, although they changed. */
  fixed: { key: string; why: string }[]
  /** JSON files that are loaded and differ. */
  data: DataChange[]
  /** What a module asks for in its new text; what one that is unchanged has asked for. */
  requestsOf(module: WorldModule): string[]
  /** Keys of modules that somebody asked for until now, and nobody does any more. */
  gone: Set<string>
  /** Those that were gone, and are asked for again. */
  returning: WorldModule[]
  stateOf(module: WorldModule): LivingState | null
  importersOf(key: string): WorldModule[]
}

/** @param requests what each loaded module asked for, by its address. */
export function buildWorld(
  living: Living,
  files: ReleaseFiles,
  requests: Map<string, Map<string, string>>,
  data: DataChange[],
): BuiltWorld {
  const { states } = living
  let gone = new Set<string>()
  const byUrl = new Map<string, { key: string }>([
    ...[...states.values()].map(state => [state.loaded.url, state] as const),
    ...data.map(change => [change.loaded.url, change] as const),
  ])
  const modules = new Map<string, WorldModule>()
  const changed: WorldModule[] = []
  const broken: BrokenModule[] = []
  const fixed: BuiltWorld['fixed'] = []
  const waiting: string[] = []

  const parse = (key: string, text: string, format: ModuleFormat): Model | null => {
    try {
      return modelOf(text, format)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const why = states.has(key) ? otherFormat(text, format) : null
      if (why !== null) {
        fixed.push({ key, why })
        return null
      }
      const { line } = (error as SyntaxError & { loc?: { line: number } }).loc ?? { line: null }
      broken.push({ key, line, message: error.message.replace(/ \(\d+:\d+\)$/, '') })
      return null
    }
  }

  function addLiving(state: LivingState): void {
    const bytes = files.bytes(state.key)
    const isMissed = bytes === null && state.gone === null
    const text =
      isMissed || (bytes !== null && !state.isSame(bytes)) ? files.javascript(state.key) : undefined
    const differs = text !== undefined && text !== state.text
    const why = differs ? whyFixed(state) : null
    if (why !== null) fixed.push({ key: state.key, why })
    let after: Model | null | undefined =
      differs && typeof text === 'string' ? parse(state.key, text, state.loaded.format) : undefined
    const module = worldModule(state.key, {
      format: state.loaded.format,
      before: () => state.current(),
      after: () => {
        if (after === undefined) after = text === null ? null : state.current()
        return after
      },
      recordOf: state.recordOf,
      classOf: state.classOf,
      runOf: state.runOf,
      accepted: () => acceptedBy(state),
      differs,
    })
    modules.set(state.key, module)
    if (differs) changed.push(module)
    if (differs && after)
      for (const request of requestsIn(after)) wait(state.key, request, state.loaded.format)
  }

  /** What the module has accepted and still accepts by its new text. */
  function acceptedBy({ key, loaded }: LivingState): Set<WorldModule> {
    const module = modules.get(key)
    const targetsOf = (requests: string[]) => requests.flatMap(request => module?.target(request) ?? [])
    const { dependencies } = loaded.wishes
    if (!module || dependencies.length === 0) return new Set()
    const said = module.after === null ? [] : targetsOf(acceptsIn(module.after).requests)
    return new Set(
      dependencies.flatMap(({ by, requests }) =>
        targetsOf(requests).filter(target => !isGone(module, by) || said.includes(target)),
      ),
    )
  }

  function wait(from: string, request: string, format: ModuleFormat): void {
    const key = files.resolve(from, request, format)
    if (key !== null && !states.has(key)) waiting.push(key)
  }

  function addNew(key: string): void {
    if (modules.has(key) || !/\.[cm]?[jt]s$/.test(key)) return
    const text = files.javascript(key)
    const after = text === null ? null : parse(key, text, files.format(key))
    if (after === null) return
    const none = (): FunctionRecord => ({ targets: [] })
    const module = worldModule(key, {
      format: after.format,
      before: () => null,
      after: () => after,
      recordOf: none,
      classOf: () => ({ texts: [] }),
      runOf: () => null,
      accepted: () => new Set(),
      differs: true,
    })
    modules.set(key, module)
    changed.push(module)
    for (const request of requestsIn(after)) wait(key, request, after.format)
  }

  function worldModule(key: string, parts: ModuleParts): WorldModule {
    let difference: WorldModule['difference'] | undefined
    // Resolution gives something else while an upgrade is committed.
    const targets = new Map<string, WorldModule>()
    const find = (request: string): WorldModule | null => {
      const known = byUrl.get(requests.get(states.get(key)?.loaded.url ?? '')?.get(request) ?? '')
      if (known) return modules.get(known.key) ?? null
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
      targets: () => targetsOf(key, parts),
      target: request => {
        const found = targets.get(request) ?? find(request)
        if (found) targets.set(request, found)
        return found
      },
    }
  }

  /** Those of an unchanged module are known without reading it. */
  function targetsOf(key: string, parts: ModuleParts): WorldModule[] {
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

  for (const { key } of data) modules.set(key, dataModule(key))
  for (const state of states.values()) addLiving(state)
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) addNew(key)
  const reach = reachIn({ modules, changed, states, byUrl, requests, files })
  gone = reach.gone
  for (const key of gone) {
    const module = modules.get(key)
    if (module && !changed.includes(module)) changed.push(module)
  }
  return {
    modules,
    changed,
    broken: broken.filter(({ key }) => !gone.has(key)),
    fixed: fixed.filter(({ key }) => !gone.has(key)),
    data,
    gone,
    returning: [...modules.values()].filter(
      ({ key }) => (states.get(key)?.gone ?? null) !== null && reach.reached.has(key),
    ),
    requestsOf: module =>
      // One that did not change is not read.
      changed.includes(module) && module.after !== null
        ? requestsIn(module.after)
        : [...(requests.get(states.get(module.key)?.loaded.url ?? '')?.keys() ?? [])],
    stateOf: ({ key }) => states.get(key) ?? null,
    importersOf: importers(modules, byUrl, states, requests),
  }
}

const dataModule = (key: string): WorldModule => ({
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

/** Why a module cannot be replaced, whatever it becomes. */
function whyFixed({ loaded }: LivingState): string | null {
  if (loaded.evaluatedAgain)
    return 'it was taken out of `require.cache` and loaded anew: functions of what it was before may still be in use'
  if (!loaded.instrumented)
    return 'it was loaded as it is, since it could not be read or gives a name such as `eval` another meaning'
  return null
}

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

function importers(
  modules: Map<string, WorldModule>,
  byUrl: Map<string, { key: string }>,
  states: Map<string, LivingState>,
  requests: Map<string, Map<string, string>>,
): BuiltWorld['importersOf'] {
  const known = new Map<string, Set<WorldModule>>()
  const add = (key: string, module: WorldModule | undefined) => {
    if (module) known.set(key, (known.get(key) ?? new Set()).add(module))
  }
  for (const state of states.values()) {
    for (const url of reachedFrom(state, requests)) {
      const target = byUrl.get(url)
      if (target) add(target.key, modules.get(state.key))
    }
  }
  for (const module of modules.values()) {
    const isPatched = (states.get(module.key)?.generation ?? 0) > 0
    const text = module.difference || isPatched ? module.after : null
    for (const request of text ? requestsIn(text) : []) {
      const target = module.target(request)
      if (target) add(target.key, module)
    }
  }
  return key => [...(known.get(key) ?? [])]
}
