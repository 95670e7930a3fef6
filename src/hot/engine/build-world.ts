import { type Model, modelOf } from '../model/model.ts'
import { acceptsIn } from '../plan/about-hot.ts'
import { isGone } from '../plan/find-units.ts'
import type { FunctionRecord, WorldModule } from '../plan/world.ts'
import type { ModuleFormat } from '../syntax/parse.ts'
import type { BuiltWorld } from './built-world.ts'
import type { DataChange } from './data.ts'
import type { ReleaseFiles } from './files.ts'
import { importers } from './importers.ts'
import type { KeptConstructors } from './kept-constructors.ts'
import type { Living, LivingState } from './living.ts'
import { otherFormat } from './other-format.ts'
import { reachIn } from './reach.ts'
import { requestsIn } from './requests.ts'
import { dataModule, type KnownModules, worldModule } from './world-module.ts'

/** @param requests what each loaded module asked for, by its address. */
export function buildWorld(
  living: Living,
  files: ReleaseFiles,
  requests: Map<string, Map<string, string>>,
  data: DataChange[],
  textOf: KeptConstructors['textOf'],
): BuiltWorld {
  const { states } = living
  const byUrl = new Map<string, { key: string }>([
    ...[...states.values()].map(state => [state.loaded.url, state] as const),
    ...data.map(change => [change.loaded.url, change] as const),
  ])
  const modules = new Map<string, WorldModule>()
  const gone = new Set<string>()
  const known: KnownModules = { modules, states, byUrl, requests, files, gone }
  const changed: WorldModule[] = []
  const broken: BuiltWorld['broken'] = []
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
    const parsed =
      differs && typeof text === 'string' ? parse(state.key, text, state.loaded.format) : undefined
    let after = parsed ? textOf(state.key, state.current(), parsed) : parsed
    const module = worldModule(
      state.key,
      {
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
      },
      known,
    )
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
    const module = worldModule(
      key,
      {
        format: after.format,
        before: () => null,
        after: () => after,
        recordOf: none,
        classOf: () => ({ texts: [] }),
        runOf: () => null,
        accepted: () => new Set(),
        differs: true,
      },
      known,
    )
    modules.set(key, module)
    changed.push(module)
    for (const request of requestsIn(after)) wait(key, request, after.format)
  }

  for (const { key } of data) modules.set(key, dataModule(key))
  for (const state of states.values()) addLiving(state)
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) addNew(key)
  const reach = reachIn({ modules, changed, states, byUrl, requests, files })
  for (const key of reach.gone) {
    gone.add(key)
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
    importersOf: importers(known),
  }
}

/** Why a module cannot be replaced, whatever it becomes. */
function whyFixed({ loaded }: LivingState): string | null {
  if (loaded.evaluatedAgain)
    return 'it was taken out of `require.cache` and loaded anew: functions of what it was before may still be in use'
  if (!loaded.instrumented)
    return 'it was loaded as it is, since it could not be read or gives a name such as `eval` another meaning'
  return null
}
