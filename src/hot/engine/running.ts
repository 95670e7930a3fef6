import { namesFor } from '../instrument/names.ts'
import { WHOLE } from '../model/exports.ts'
import { DEFAULT, type Unit } from '../model/units.ts'
import { acceptsIn } from '../plan/about-hot.ts'
import { declarationOf, isGone } from '../plan/find-units.ts'
import type { RanCode } from '../plan/leftovers.ts'
import type { Running } from '../plan/running.ts'
import { exportRoot } from '../plan/slices.ts'
import { passesOn, type WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import { markerOf } from './closures.ts'
import { closureStateIn, codeBehind, isFreeFunction, mayChange } from './code-behind.ts'
import type { Living, LivingState } from './living.ts'
import { ENDPOINT, openIn, stillOpen } from './open-resources.ts'

/** What can be seen of the running process. */
export function createRunning(built: BuiltWorld, living: Living): Running {
  return {
    value: (module, name) => {
      const state = built.stateOf(module)
      return state ? valueIn(state, name) : undefined
    },
    closureState: value => closureStateIn(value, built),
    isOwn: value => typeof value === 'function' && markerOf(value as () => unknown) !== null,
    isFree: value => isFreeFunction(value, built),
    mayChange: (value, apart) => mayChange(value, apart, built),
    opened: (module, unit) => openIn(module.runOf(unit)),
    hasEndpoint: (module, unit) =>
      stillOpen(module.runOf(unit)?.opened ?? []).some(({ type }) => type === ENDPOINT),
    codeOf: value => codeBehind(value, built),
    held: key => {
      const place = key.indexOf('|')
      const module = built.modules.get(key.slice(0, place))
      const state = module ? built.stateOf(module) : null
      return state ? valueIn(state, key.slice(place + 1)) : undefined
    },
    declared: key => {
      const place = key.indexOf('|')
      const module = built.modules.get(key.slice(0, place))
      const unit = module?.before ? declarationOf(module.before, key.slice(place + 1)) : null
      return module && unit ? { module, unit } : null
    },
    codeThatRan: (module, unit) =>
      (module.runOf(unit)?.ran ?? []).flatMap(({ url, slot }) => codeOf(url, slot, built, living)),
    codeThatRanLater: (module, unit) =>
      [...(module.runOf(unit)?.ranLater.values() ?? [])].flatMap(({ url, slot }) =>
        codeOf(url, slot, built, living),
      ),
    usersOf: module => usersOf(module, built),
    isFixed: (module, name) => isFixedIn(built.stateOf(module), name),
    accepts: module => {
      const acceptances = built.stateOf(module)?.loaded.wishes.acceptances ?? []
      return acceptances.some(
        ({ by }) => !isGone(module, by) || (module.after !== null && acceptsIn(module.after).itself),
      )
    },
  }
}

/** Where the code of a function stands that was noted to run, as far as it is still there. */
function codeOf(id: string, slot: number, built: BuiltWorld, living: Living): RanCode[] {
  const record = living.recordOf(id, slot)
  // What a patch notes has the number of the upgrade behind the address.
  const [url] = id.split(' ')
  for (const module of record === null ? [] : built.modules.values()) {
    const state = built.stateOf(module)
    if (state === null || state.loaded.url !== url) continue
    const model = state.current()
    const code = model.codes.find(each => state.recordOf(each.slot) === record)
    return code?.kind === 'function' ? [{ module, model, node: code.node.body }] : []
  }
  return []
}

/** With those that get what it exports from who passes it on. */
function usersOf(module: WorldModule, { importersOf }: BuiltWorld): Set<WorldModule> {
  const users = new Set([module])
  for (const user of users) {
    if (user !== module && !passesOn(user)) continue
    for (const importer of importersOf(user.key)) users.add(importer)
  }
  return users
}

/** Whether an export was defined such that it cannot be set any more. */
function isFixedIn(state: LivingState | null, name: string): boolean {
  const exports = state ? exportIn(state, WHOLE) : undefined
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return false
  const descriptor = Object.getOwnPropertyDescriptor(exports, name)
  if (!descriptor) return !Object.isExtensible(exports)
  return !descriptor.configurable && !descriptor.writable
}

/** The first that a unit sets: a variable, or `exports.x`. */
export function heldBy({ kind, names }: Unit): string | undefined {
  const [name] = names
  return name !== undefined && kind === 'export' ? exportRoot(name) : name
}

/** What a variable of a living module holds, or its `exports.x`; `undefined` for one that is not initialised. */
export function valueIn(state: LivingState, name: string): unknown {
  const { annex, annexNames, loaded, base } = state
  if (name.startsWith(exportRoot(''))) return exportIn(state, name.slice(exportRoot('').length))
  if (annexNames.has(name)) return annex[name === DEFAULT ? 'default' : name]
  if (!base().parsed.scope.set.has(name) && name !== DEFAULT) return undefined
  try {
    return loaded.living?.door(name === DEFAULT ? namesFor(base().text).defaultExport : name)
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** What sets a variable that {@link valueIn} reads. */
export function setterIn(
  { annex, annexNames, loaded, base }: LivingState,
  name: string,
): (value: unknown) => void {
  if (annexNames.has(name))
    return value => {
      annex[name === DEFAULT ? 'default' : name] = value
    }
  const { defaultExport, value } = namesFor(base().text)
  const variable = name === DEFAULT ? defaultExport : name
  return loaded.living?.door(`(${value}=>{${variable}=${value}})`) as (value: unknown) => void
}

/** Getters are not asked: they are code of the application. */
function exportIn({ loaded }: LivingState, name: string): unknown {
  const { exports } = (loaded.living?.inside ?? {}) as { exports?: unknown }
  if (name === WHOLE || (typeof exports !== 'object' && typeof exports !== 'function') || exports === null)
    return name === WHOLE ? exports : undefined
  return Object.getOwnPropertyDescriptor(exports, name)?.value
}
