import { messageOf } from '../../errors.ts'
import type { Journal } from '../apply/undo.ts'
import type { WorldModule } from '../plan/world.ts'
import type { HotExports } from '../runtime/hot-context.ts'
import { isPath } from '../runtime/resolution.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { BuiltWorld } from './built-world.ts'
import { isPromise, type Pending } from './own-replacement.ts'
import type { Prepared } from './prepared.ts'
import { type Given, livingUrl, type Namespaces, presentExports, type Which } from './present-exports.ts'

/** A callback of `import.meta.hot.accept`, and what it is to be given. */
interface Accepted {
  module: WorldModule
  /** As it asks for them; `undefined` in place of what has not changed. `null`: itself. */
  requests: (string | undefined)[] | null
  by: UnitRun | null
  callback(modules: (HotExports | undefined)[]): unknown
}

/** Looks up what callbacks are given; nothing that is not there already is loaded by that. */
export async function loadAccepted(prepared: Prepared): Promise<Namespaces> {
  const namespaces: Namespaces = new Map()
  for (const { module, requests } of accepted(prepared)) {
    for (const request of requests ?? []) {
      const target = request === undefined ? null : module.target(request)
      const url = target && livingUrl(target, prepared)
      if (!target || !url || target.format === 'commonjs') continue
      const loading = target.format === 'json' ? import(url, { with: { type: 'json' } }) : import(url)
      namespaces.set(url, (await loading) as HotExports)
    }
  }
  return namespaces
}

/** Calls who has said that it takes a change in hand; once more when all is undone after that. */
export function callAccepted(
  prepared: Prepared,
  given: Given,
  fresh: Set<UnitRun>,
  told: Journal,
): Pending[] {
  const called = new Set<WorldModule>()
  told.record(() => {
    const failures: string[] = []
    for (const each of accepted(prepared)) {
      if (!called.has(each.module)) continue
      try {
        call(each, 'before', prepared, given)
      } catch (error) {
        failures.push(`${each.module.key}: ${messageOf(error)}`)
      }
    }
    if (failures.length > 0)
      throw new Error(
        `callbacks of \`import.meta.hot.accept\` could not take it back: ${failures.join('; ')}`,
      )
  })
  return accepted(prepared).flatMap(each => {
    // Who says so for the first time has been evaluated with what is there now.
    if (each.by !== null && fresh.has(each.by) && !hasTaken(each, prepared)) return []
    called.add(each.module)
    const end = call(each, 'after', prepared, given)
    return isPromise(end) ? [{ what: `${each.module.key}: \`import.meta.hot.accept\``, end }] : []
  })
}

/** What modules have taken in hand before, themselves included. */
export const takenBefore = ({ modules, stateOf }: BuiltWorld): Map<WorldModule, Set<WorldModule>> =>
  new Map(
    [...modules.values()].flatMap((module): [WorldModule, Set<WorldModule>][] => {
      const { acceptances = [], dependencies = [] } = stateOf(module)?.loaded.wishes ?? {}
      if (acceptances.length + dependencies.length === 0) return []
      return [[module, new Set([...module.accepted(), ...(acceptances.length > 0 ? [module] : [])])]]
    }),
  )

function hasTaken({ module, requests }: Accepted, { taken }: Prepared): boolean {
  const before = taken.get(module)
  const targets = requests?.map(request => (request === undefined ? null : module.target(request)))
  return (targets ?? [module]).some(target => target !== null && before?.has(target))
}

function call(
  { module, requests, callback }: Accepted,
  which: Which,
  prepared: Prepared,
  given: Given,
): unknown {
  if (requests === null) return callback([presentExports(module, module, which, prepared, given)])
  return callback(
    requests.map(request => {
      const target = request === undefined ? null : module.target(request)
      return target ? presentExports(target, module, which, prepared, given) : undefined
    }),
  )
}

function accepted(prepared: Prepared): Accepted[] {
  const { built, evaluated, asked } = prepared
  const data = new Set(built.data.map(({ key }) => key))
  const changed = new Set(built.changed)
  const isChanged = (module: WorldModule) =>
    changed.has(module) || data.has(module.key) || (evaluated.get(module) ?? []).length > 0
  return asked.speaking.flatMap(module => {
    const { acceptances = [], dependencies = [] } = built.stateOf(module)?.loaded.wishes ?? {}
    if (acceptances.length + dependencies.length === 0) return []
    const ofOthers = dependencies.flatMap(({ requests, by, changed: callback }): Accepted[] => {
      const reached = requests.map(request => {
        const target = module.target(request)
        return target !== null && reaches(target, module, isChanged) ? request : undefined
      })
      return reached.some(request => request !== undefined)
        ? [{ module, requests: reached, by, callback }]
        : []
    })
    const isEvaluated = (evaluated.get(module) ?? []).length > 0
    const ofItself = acceptances.flatMap(({ by, replaced }): Accepted[] =>
      replaced === null || !isEvaluated
        ? []
        : [{ module, requests: null, by, callback: ([own]) => replaced(own ?? {}) }],
    )
    return [...ofOthers, ...ofItself]
  })
}

/** Whether a module, or anything that it imports but by way of who asks, is one of some. */
function reaches(from: WorldModule, without: WorldModule, wanted: (module: WorldModule) => boolean): boolean {
  const seen = new Set([without])
  const visit = (module: WorldModule): boolean => {
    if (seen.has(module)) return false
    seen.add(module)
    return wanted(module) || module.targets().some(visit)
  }
  return visit(from)
}

/** What is taken in hand, in words, and what is not since its path leads to no module. */
export function acceptedNotes(prepared: Prepared): string[] {
  const taken = accepted(prepared).map(({ module, requests }) => {
    const names = requests?.flatMap(request => (request === undefined ? [] : `'${request}'`)).join(', ')
    return `${module.key}: a callback of \`import.meta.hot.accept\` takes the change${names ? ` of ${names}` : ''} in hand`
  })
  const lost = prepared.order.flatMap(module => {
    const { dependencies = [] } = prepared.built.stateOf(module)?.loaded.wishes ?? {}
    const requests = dependencies.flatMap(each => each.requests)
    return requests
      .filter(request => isPath(request) && module.target(request) === null)
      .map(
        request =>
          `${module.key}: \`import.meta.hot.accept\` of '${request}' is for nothing, as there is no such module`,
      )
  })
  return [...taken, ...lost]
}
