import { pathToFileURL } from 'node:url'
import type { Compiled } from '../apply/compile.ts'
import { type GoneCode, watchGone } from '../apply/gone-code.ts'
import { evaluate, installCode, removeMember } from '../apply/install.ts'
import { orderExports, removeExport } from '../apply/install-exports.ts'
import { createJournal, type Journal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import { beforeOf } from '../plan/find-units.ts'
import {
  type ClassRecord,
  type FunctionRecord,
  type Origin,
  originOfRequest,
  type WorldModule,
} from '../plan/world.ts'
import { newRun, type UnitRun } from '../runtime/startup.ts'
import { callAccepted } from './accepted.ts'
import { moveAddresses } from './addresses.ts'
import { type OtherArity, setArities } from './arities.ts'
import { beginAgain } from './begin-again.ts'
import type { Context } from './context.ts'
import { replaceData } from './data.ts'
import { renewFacades, settleFacades } from './facades.ts'
import { evaluating, loading } from './failed-evaluation.ts'
import { releaseFiles } from './files.ts'
import { accessTo, load, type OutsideModules, outsideKey } from './imports.ts'
import type { Next } from './living.ts'
import { forwardMoved } from './moved.ts'
import {
  disposeReplaced,
  forgetInvalidated,
  forgetReplaced,
  giveHot,
  throwInvalidated,
} from './own-replacement.ts'
import type { Prepared } from './prepare.ts'
import type { Given, Which } from './present-exports.ts'
import { checkHandles } from './processes.ts'
import type { Progress } from './progress.ts'
import { classesOf, classIn, recordIn, recordsOf } from './records.ts'
import { linksIn } from './requests.ts'
import { retire } from './retire.ts'
import { sameObjects } from './same-objects.ts'

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

/** From now on, what is loaded comes from the new release. */
function moveHome({ request }: Prepared, { registry }: Context, journal: Journal): void {
  const before = registry.homes
  registry.homes = [`${pathToFileURL(request.dir).href}/`, ...before]
  journal.record(() => {
    registry.homes = before
  })
}

function removeMembers({ assemblies }: Prepared, journal: Journal): void {
  for (const { removedMembers } of assemblies.values())
    for (const { home, member } of removedMembers) removeMember(home, member, journal)
}

function removeExports({ decision, compiled }: Prepared, journal: Journal): void {
  for (const { module, name } of decision.removedExports) {
    const into = compiled.get(module)
    if (into) removeExport(into, name, journal)
  }
}

function giveImports(
  all: Map<WorldModule, Compiled>,
  which: Which,
  { built, request }: Prepared,
  outside: OutsideModules,
  journal: Journal | null,
): void {
  const files = releaseFiles(request.dir)
  for (const [module, { importNames, state, model }] of all) {
    // Those of upgrades before are what their names stand for now.
    for (const name of new Set([...importNames, ...Object.keys(state.imports)])) {
      const imported = model.imports.get(name)
      if (!imported) continue
      const origin = originOfRequest(module, imported.request, imported.name, which)
      const known = Object.getOwnPropertyDescriptor(state.imports, name)
      if (known && origin.kind === 'outside' && !outside.has(outsideKey(origin.module, origin.request)))
        continue
      const get = accessTo(origin, built.stateOf, files, outside)
      Object.defineProperty(state.imports, name, { get, enumerable: true, configurable: true })
      journal?.record(() => {
        if (known) Object.defineProperty(state.imports, name, known)
        else delete state.imports[name]
      })
    }
  }
}

/** Functions are there before anything else is evaluated, wherever they are declared: modules may import each other. */
function evaluateAll(
  prepared: Prepared,
  { startup, linked }: Context,
  { runs, done, journal }: Progress,
): void {
  const evaluateUnits = (module: WorldModule, compiled: Compiled, which: (unit: UnitPiece) => boolean) => {
    for (const installation of compiled.values.keys()) {
      if (installation.do !== 'evaluate' || !which(installation.unit)) continue
      const run = newRun(compiled.state.loaded.url)
      runs.set(installation.unit, run)
      const check = sameObjects(module, installation.unit, compiled.state, prepared)
      evaluating(module, installation.unit, () => evaluate(compiled, installation, run, startup, journal))
      check()
      done.push({ module, unit: installation.unit })
    }
  }
  for (const [module, compiled] of prepared.compiled) evaluateUnits(module, compiled, isHoisted)
  linked.update()
  for (const [index, { module, unit }] of prepared.steps.entries()) {
    const compiled = prepared.compiled.get(module)
    if (unit === null) loadNew(module, prepared)
    else if (compiled && !isHoisted(unit)) evaluateUnits(module, compiled, each => each === unit)
    if (prepared.steps[index + 1]?.module === module) continue
    if (compiled) orderExports(compiled)
    linked.update()
  }
}

function loadNew(module: WorldModule, prepared: Prepared): void {
  if (!isLinkedNow(module, prepared)) return
  const path = releaseFiles(prepared.request.dir).path(module.key)
  loading(module, path, () => load(pathToFileURL(path).href))
}

/** Whether a living module imports a new one. What is asked for with `require` is loaded when that runs. */
function isLinkedNow(module: WorldModule, { compiled }: Prepared): boolean {
  return [...compiled].some(([importer, { model }]) =>
    linksIn(model).some(({ request }) => importer.target(request) === module),
  )
}

const isHoisted = ({ unit }: UnitPiece) => unit.node.type === 'FunctionDeclaration'

/** The module is what its new text says: from now on that is what the next upgrade is compared with. */
function become(
  module: WorldModule,
  compiled: Compiled,
  runs: Map<UnitPiece, UnitRun>,
  { living, registry }: Context,
  journal: Journal,
): void {
  const { state } = compiled
  const { patched } = registry
  const records = recordsOf(module, compiled, journal)
  const classes = classesOf(module, compiled, journal)
  for (const { id, patch, write, sourceUrl, edited } of compiled.patches) {
    const former = patched.get(sourceUrl)
    journal.record(() => void (former ? patched.set(sourceUrl, former) : patched.delete(sourceUrl)))
    patched.set(sourceUrl, edited)
    const own = new Map(patch.codes.map(({ slot }) => [slot, recordIn(records, slot)]))
    living.addPatch({ id, write, records: own, sourceUrl, edited })
  }
  const before = state.become(nextOf(compiled, { records, classes }, carryRuns(module, state.runOf, runs)))
  journal.record(() => void state.become(before))
}

interface Slots {
  records: Map<number, FunctionRecord>
  classes: Map<number, ClassRecord>
}

/** In a function of its own: a closure holds all that any closure beside it uses, and with it all that the module has ever been. */
function nextOf(
  { model, annexNames, rebound, state: { generation } }: Compiled,
  { records, classes }: Slots,
  runs: Next['runs'],
): Next {
  return {
    text: () => model.text,
    bytes: null,
    current: () => model,
    records: slot => recordIn(records, slot),
    classes: slot => classIn(classes, slot),
    runs,
    annexNames,
    rebound,
    generation: generation + 1,
  }
}

/** What ran at a unit's last evaluation, which may be this upgrade's. */
function carryRuns(
  module: WorldModule,
  before: (unit: UnitPiece) => UnitRun | null,
  runs: Map<UnitPiece, UnitRun>,
): Next['runs'] {
  const carried = new Map<UnitPiece, UnitRun | null>()
  for (const piece of module.after?.units ?? [])
    if (piece.kind === 'unit') carried.set(piece, before(beforeOf(module, piece)))
  return unit => runs.get(unit) ?? carried.get(unit) ?? null
}
