import type { Journal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import { isAboutHot } from '../plan/slices.ts'
import type { WorldModule } from '../plan/world.ts'
import { noWishes } from '../runtime/hot-context.ts'
import type { LivingState } from './living.ts'
import type { Prepared } from './prepare.ts'

/** What a module that takes its own replacement in hand has to be told. */
interface Replacement {
  state: LivingState
  /** Whether statements of it run anew, or are gone: not only those that say how. */
  isReplaced: boolean
}

/**
 * Calls what modules have given to `import.meta.hot.dispose`, who imports before who is imported, and has them say anew what they wish. What
 * was ended there cannot be begun again: a failure after this says so.
 *
 * @returns the modules that have been told.
 */
export function disposeReplaced(prepared: Prepared, journal: Journal): string[] {
  const told: string[] = []
  for (const module of prepared.order.toReversed()) {
    const replacement = replacementOf(module, prepared)
    if (replacement === null) continue
    const { loaded } = replacement.state
    const before = loaded.wishes
    journal.record(() => {
      loaded.wishes = before
    })
    if (replacement.isReplaced && before.disposals.length > 0) {
      told.push(module.key)
      for (const dispose of before.disposals) dispose(before.data)
    }
    loaded.wishes = noWishes(before.data)
  }
  return told
}

function replacementOf(module: WorldModule, prepared: Prepared): Replacement | null {
  const { built, evaluated, decision } = prepared
  const state = built.stateOf(module)
  if (state === null) return null
  const units = evaluated.get(module) ?? []
  const isReplaced =
    units.some(unit => !isAboutHot(unit)) || decision.removed.some(removed => removed.module === module)
  return isReplaced || saysOtherwise(module) ? { state, isReplaced } : null
}

/** Whether a module says something else with `import.meta.hot` than it did. */
function saysOtherwise({ difference }: WorldModule): boolean {
  return [...(difference?.added ?? []), ...(difference?.removed ?? [])].some(isAboutHot)
}

/** Statements that say how a module is to be replaced are run again with whatever else runs again. */
export function withWishes(
  module: WorldModule,
  units: UnitPiece[],
  all: UnitPiece[],
  removed: boolean,
): UnitPiece[] {
  if (units.length === 0 && !removed && !saysOtherwise(module)) return units
  return all.filter(unit => units.includes(unit) || isAboutHot(unit))
}

/** What modules export by now, by their address: loaded before anything is replaced. */
export type Namespaces = Map<string, Record<string, unknown>>

/** Loads what callbacks of `import.meta.hot.accept` are to be given. */
export async function loadAccepted(prepared: Prepared): Promise<Namespaces> {
  const namespaces: Namespaces = new Map()
  for (const { targets } of acceptedChanges(prepared)) {
    for (const target of targets) {
      const url = target && prepared.built.stateOf(target)?.loaded.url
      if (url) namespaces.set(url, (await import(url)) as Record<string, unknown>)
    }
  }
  return namespaces
}

/** Calls back who has said that it takes a change of another module in hand. */
export function callAccepted(prepared: Prepared, namespaces: Namespaces): void {
  for (const { changed, targets } of acceptedChanges(prepared)) {
    changed(
      targets.map(target => {
        const url = target && prepared.built.stateOf(target)?.loaded.url
        return (url && namespaces.get(url)) || {}
      }),
    )
  }
}

interface AcceptedChange {
  changed(modules: Record<string, unknown>[]): void
  targets: (WorldModule | null)[]
}

function acceptedChanges(prepared: Prepared): AcceptedChange[] {
  const { built, evaluated } = prepared
  const isChanged = (module: WorldModule) =>
    built.changed.includes(module) || (evaluated.get(module) ?? []).length > 0
  return prepared.order.flatMap(module => {
    const wishes = built.stateOf(module)?.loaded.wishes
    return (wishes?.dependencies ?? []).flatMap(({ requests, changed }) => {
      const targets = requests.map(request => module.target(request))
      return targets.some(target => target && reaches(target, isChanged)) ? [{ changed, targets }] : []
    })
  })
}

/** Whether a module, or anything that it imports, is one of some. */
function reaches(from: WorldModule, wanted: (module: WorldModule) => boolean): boolean {
  const seen = new Set<WorldModule>()
  const visit = (module: WorldModule): boolean => {
    if (seen.has(module)) return false
    seen.add(module)
    return wanted(module) || module.targets().some(visit)
  }
  return visit(from)
}
