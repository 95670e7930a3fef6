import { pathToFileURL } from 'node:url'
import type { Journal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import { asksForHot } from '../instrument/give-hot.ts'
import { isAboutHot, namesDisposed } from '../plan/about-hot.ts'
import type { Decision } from '../plan/decision.ts'
import { isConcernedBy } from '../plan/disposal.ts'
import { beforeOf, unitsOf } from '../plan/find-units.ts'
import type { WorldModule } from '../plan/world.ts'
import { createHotContext, type Disposal, type HotWishes, ownWishes } from '../runtime/hot-context.ts'
import type { LoadedModule } from '../runtime/registry.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { Context } from './context.ts'
import { releaseFiles } from './files.ts'
import type { Prepared } from './prepared.ts'

/** Something that an application's callback has begun and not ended when it returned. */
export interface Pending {
  /** Whose, in words. */
  what: string
  end: Promise<unknown>
}

/** Statements that have given callbacks of `dispose` give them again when those have been called. */
export function withWishes(
  module: WorldModule,
  units: UnitPiece[],
  all: UnitPiece[],
  { disposed }: Decision,
  disposers: (UnitRun | null)[],
): UnitPiece[] {
  const { after } = module
  if (after === null || !disposed.has(module)) return units
  return all.filter(unit => {
    if (units.includes(unit)) return true
    const run = module.runOf(beforeOf(module, unit))
    return run !== null && disposers.includes(run) && isAboutHot(unit, after)
  })
}

/** Gives `import.meta.hot` to modules that ask for it now and did not when they were loaded. */
export function giveHot({ compiled }: Prepared, { startup }: Context, journal: Journal): void {
  for (const { state, model } of compiled.values()) {
    const { loaded } = state
    const inside = loaded.living?.inside
    if (!inside || Object.hasOwn(inside, 'hot') || !asksForHot(model.text, model.format)) continue
    const hot = createHotContext(loaded.url, () => ownWishes(loaded), startup.current)
    Object.defineProperty(inside, 'hot', { value: hot, writable: true, enumerable: true, configurable: true })
    journal.record(() => Reflect.deleteProperty(inside, 'hot'))
  }
}

/** Nobody has said yet that it cannot take this change. */
export function forgetInvalidated({ built, asked }: Prepared): void {
  for (const module of asked.speaking) {
    const wishes = built.stateOf(module)?.loaded.wishes
    if (wishes?.invalidated) wishes.invalidated = null
  }
}

/** Calls what modules have given to `import.meta.hot.dispose`, who imports before who is imported. */
export function disposeReplaced(prepared: Prepared): Pending[] {
  const { built, decision, order } = prepared
  const disposed = order.filter(module => decision.disposed.has(module)).toReversed()
  return disposed.flatMap(module => {
    const loaded = built.stateOf(module)?.loaded
    if (!loaded) return []
    return dispose(module.key, loaded.wishes.disposals, loaded)
  })
}

/** Calls some callbacks of a module's `dispose`. */
function dispose(key: string, disposals: Disposal[], { wishes }: LoadedModule): Pending[] {
  return disposals.flatMap(disposal => {
    const end = disposal.dispose(wishes.data)
    return isPromise(end) ? [{ what: `${key}: \`import.meta.hot.dispose\``, end }] : []
  })
}

export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value

/**
 * What a module has said through statements that run anew or are gone, and what has been called, is said no more.
 *
 * @returns what ends whatever the new statements begin, as far as their modules can.
 */
export function forgetReplaced(prepared: Prepared, { registry }: Context, journal: Journal): () => Pending[] {
  const { built, decision, evaluated, order, asked } = prepared
  const kept = new Map<LoadedModule, number>()
  for (const module of asked.concerned) {
    const loaded = built.stateOf(module)?.loaded
    const units = evaluated.get(module) ?? []
    if (!loaded || (module.difference === null && units.length === 0 && !decision.disposed.has(module)))
      continue
    const before = ownWishes(loaded)
    journal.record(() => {
      loaded.wishes = before
    })
    loaded.wishes = without(before, replacedRuns(module, units))
    if (decision.disposed.has(module)) loaded.wishes.disposals = []
    kept.set(loaded, loaded.wishes.disposals.length)
  }
  return () =>
    order.toReversed().flatMap(module => {
      const loaded = built.stateOf(module)?.loaded ?? registry.modules.get(urlOf(module, prepared))
      if (!loaded) return []
      const first = kept.get(loaded) ?? (built.stateOf(module) ? Number.POSITIVE_INFINITY : 0)
      if (!endsOnly(module, evaluated.get(module) ?? [])) return []
      return dispose(module.key, loaded.wishes.disposals.slice(first), loaded)
    })
}

/** Whether the new callbacks of `dispose` end what has just begun, and nothing that has been there before. */
function endsOnly({ before, after }: WorldModule, evaluated: UnitPiece[]): boolean {
  if (before === null || after === null) return true
  const names = namesDisposed(after)
  if (names === null) return evaluated.length > 0
  const concerned = unitsOf(after).filter(unit => isConcernedBy(names, after, unit))
  return concerned.some(unit => evaluated.includes(unit)) && concerned.every(unit => evaluated.includes(unit))
}

/** Whether what a unit of the new text has begun is ended by the new callbacks of `dispose` when it is undone. */
export function isEnded(module: WorldModule, unit: UnitPiece, { evaluated, built }: Prepared): boolean {
  const { after } = module
  const units = evaluated.get(module) ?? []
  const disposals = built.stateOf(module)?.loaded.wishes.disposals ?? []
  if (after === null || disposals.length === 0 || !endsOnly(module, units)) return false
  const names = namesDisposed(after)
  return names === null || isConcernedBy(names, after, unit)
}

/** Where a new module is loaded from. */
const urlOf = ({ key }: WorldModule, { request }: Prepared) =>
  pathToFileURL(releaseFiles(request.dir).path(key)).href

function replacedRuns(module: WorldModule, evaluated: UnitPiece[]): Set<UnitRun> {
  if (module.before === null) return new Set()
  const units = [...evaluated.map(unit => beforeOf(module, unit)), ...(module.difference?.removed ?? [])]
  return new Set(units.flatMap(unit => module.runOf(unit) ?? []))
}

/** @param runs of statements; what these have said is left out. */
export function without(wishes: HotWishes, runs: Set<UnitRun>): HotWishes {
  const isKept = ({ by }: { by: UnitRun | null }) => by === null || !runs.has(by)
  return {
    acceptances: wishes.acceptances.filter(isKept),
    dependencies: wishes.dependencies.filter(isKept),
    disposals: wishes.disposals.filter(isKept),
    data: wishes.data,
    invalidated: null,
  }
}

/** A module that has said that it cannot take the change. */
export function throwInvalidated({ built, asked }: Prepared): void {
  for (const module of asked.speaking) {
    const error = built.stateOf(module)?.loaded.wishes.invalidated
    if (error) throw error
  }
}
