import { pathToFileURL } from 'node:url'
import type { GoneCode } from '../apply/assembly.ts'
import { watchGone } from '../apply/gone-code.ts'
import { installCode, removeMember } from '../apply/install.ts'
import { removeExport } from '../apply/install-exports.ts'
import { livingClass } from '../apply/living-class.ts'
import { createJournal, type Journal, setProperty } from '../apply/undo.ts'
import { isObject, partsOf } from '../plan/as-declared.ts'
import { beforeOf } from '../plan/find-units.ts'
import { staticReasons } from '../plan/statics.ts'
import type { Origin } from '../plan/world.ts'
import { callAccepted } from './accepted.ts'
import { moveAddresses } from './addresses.ts'
import { type OtherArity, setArities } from './arities.ts'
import { become } from './become.ts'
import { beginAgain } from './begin-again.ts'
import type { Context } from './context.ts'
import { replaceData } from './data.ts'
import { evaluateAll } from './evaluate-all.ts'
import { renewFacades, settleFacades } from './facades.ts'
import { releaseFiles } from './files.ts'
import { giveImports } from './give-imports.ts'
import { accessTo } from './imports.ts'
import { forwardMoved } from './moved.ts'
import {
  disposeReplaced,
  forgetInvalidated,
  forgetReplaced,
  giveHot,
  throwInvalidated,
} from './own-replacement.ts'
import type { Prepared } from './prepared.ts'
import type { Given } from './present-exports.ts'
import { checkHandles } from './processes.ts'
import type { Progress } from './progress.ts'
import { retire } from './retire.ts'
import { createRunning, valueIn } from './running.ts'

/** Replaces the code: one synchronous step. When it throws, what it has done is to be undone at once. */
export function commit(
  prepared: Prepared,
  context: Context,
  given: Given & { arities: OtherArity[] },
  progress: Progress,
): void {
  const { journal, runs } = progress
  // The last that is undone.
  journal.record(context.linked.update)
  // Just before, once all else is as it was: the application's own code runs then.
  const afterwards = createJournal()
  journal.record(() => afterwards.undo())
  const told = createJournal()
  afterwards.record(() => told.undo())
  moveHome(prepared, context, journal)
  giveHot(prepared, context, journal)
  checkState(prepared, context)
  // First: what was a method may be an accessor now.
  removeMembers(prepared, journal)
  for (const compiled of prepared.compiled.values()) installCode(compiled, context.startup, journal)
  setArities(given.arities, journal)
  removeExports(prepared, journal)
  // Before anything is evaluated: what is evaluated may look for what an upgrade has added to another module.
  for (const [module, compiled] of prepared.compiled) become(module, compiled, runs, context, journal)
  giveImports(prepared.compiled, 'after', prepared, given.outside, journal)
  const { built, request } = prepared
  const reach = (origin: Origin) => accessTo(origin, built.stateOf, releaseFiles(request.dir), given.outside)
  forwardMoved(prepared.moved, reach, context.startup, journal)
  watchGone(goneIn(prepared), request.release.version, context.startup, journal)
  moveAddresses(prepared.asked.readers, prepared.releases, releaseFiles(prepared.request.dir), journal)
  renewFacades(prepared, context, journal)
  replaceData(prepared.built.data, prepared.values, journal)
  replace(prepared, context, afterwards, progress)
  settleFacades(context)
  checkHandles(prepared.redefined, context.processes())
  const added = new Set([...prepared.compiled.keys()].flatMap(module => module.difference?.added ?? []))
  const fresh = new Set([...runs].flatMap(([unit, run]) => (added.has(unit) ? [run] : [])))
  progress.pending.push(...callAccepted(prepared, given, fresh, told))
  throwInvalidated(prepared)
}

/** What is gone; a process that keeps its old definition may run that. */
function goneIn({ assemblies, redefined }: Prepared): GoneCode[] {
  return [...assemblies].flatMap(([module, { gone }]) => {
    const defining = redefined.flatMap(each =>
      each.module === module ? beforeOf(module, each.unit).ranges : [],
    )
    return gone.filter(({ offset }) => !defining.some(({ start, end }) => offset >= start && offset < end))
  })
}

/** Ends what is to begin anew, and evaluates. When that is undone, it is the other way round. */
function replace(prepared: Prepared, context: Context, afterwards: Journal, progress: Progress): void {
  const { journal, pending } = progress
  const again = new Map([...prepared.again].map(([module, { compiled }]) => [module, compiled]))
  afterwards.record(() => {
    giveImports(again, 'before', prepared, new Map(), null)
    beginAgain(prepared, context)
  })
  forgetInvalidated(prepared)
  retire(prepared, journal)
  pending.push(...disposeReplaced(prepared))
  const disposeNew = forgetReplaced(prepared, context, journal)
  try {
    evaluateAll(prepared, context, progress)
  } finally {
    journal.record(() => {
      progress.pending = disposeNew()
    })
  }
}

/** What static fields and properties of functions hold may have become state since that was looked at. */
function checkState({ compiled, built, request, decision }: Prepared, { living }: Context): void {
  for (const recheck of decision.rechecks) {
    const why = recheck()
    if (why !== null) throw new Error(why)
  }
  const running = createRunning(built, living)
  for (const module of compiled.keys())
    for (const { line, message, allow } of staticReasons(module, running))
      if (allow === null || !request.allow.includes(allow))
        throw new Error(`${module.key}:${line}: ${message}`)
}

/** From now on, what is loaded comes from the new release. */
function moveHome({ request }: Prepared, { registry }: Context, journal: Journal): void {
  const before = registry.homes
  registry.homes = [`${pathToFileURL(request.dir).href}/`, ...before]
  journal.record(() => {
    registry.homes = before
  })
}

function removeMembers({ assemblies, decision, built }: Prepared, journal: Journal): void {
  for (const { removedMembers } of assemblies.values())
    for (const { home, member } of removedMembers) removeMember(home, member, journal)
  for (const { module, root, path, name } of decision.unset) {
    const state = built.stateOf(module)
    const [target] = (state && partsOf(valueIn(state, root), path)) ?? []
    if (isObject(target)) setProperty(target, name, null, journal)
  }
  for (const { removedStatics } of assemblies.values())
    for (const { home, field } of removedStatics) setProperty(livingClass(home), field.name, null, journal)
}

function removeExports({ decision, compiled }: Prepared, journal: Journal): void {
  for (const { module, name } of decision.removedExports) {
    const into = compiled.get(module)
    if (into) removeExport(into, name, journal)
  }
}
