import { fileURLToPath } from 'node:url'
import type { HotModule, HotReason, HotRequest, UpgradePlan } from '../../rpc/hot-contracts.ts'
import { assemble } from '../apply/assemble.ts'
import type { Assembly } from '../apply/assembly.ts'
import { type Compiled, compile } from '../apply/compile.ts'
import type { UnitPiece } from '../diff/match.ts'
import { decide } from '../plan/decide.ts'
import type { Decision, World } from '../plan/decision.ts'
import { startOf, unitsOf } from '../plan/find-units.ts'
import { judge } from '../plan/judge.ts'
import { remainingExports } from '../plan/judge-exports.ts'
import { orderReasons } from '../plan/order.ts'
import { changedStatics } from '../plan/statics.ts'
import type { WorldModule } from '../plan/world.ts'
import type { Heirs } from '../runtime/heirs.ts'
import { acceptedNotes, takenBefore } from './accepted.ts'
import { changedAddons } from './addons.ts'
import { askedIn } from './asked.ts'
import { assetsOf } from './assets.ts'
import { compileAgain, disposalNotes } from './begin-again.ts'
import { buildWorld } from './build-world.ts'
import type { BuiltWorld } from './built-world.ts'
import type { Context } from './context.ts'
import { changedData, dataReasons, valuesOf } from './data.ts'
import { describeData, describeModule } from './describe.ts'
import { exportChanges } from './export-changes.ts'
import { releaseFiles } from './files.ts'
import { gonePartsIn } from './gone-parts.ts'
import { keptConstructors } from './kept-constructors.ts'
import { linkReasons } from './link.ts'
import { movedExports } from './moved.ts'
import { evaluationOrder } from './order.ts'
import { withWishes } from './own-replacement.ts'
import { missingReasons, packageReasons } from './packages.ts'
import type { Again, Prepared } from './prepared.ts'
import { createProcesses } from './processes.ts'
import { findRebound, type Rebound, replaceUsers } from './rebinding.ts'
import { leftImports, returningReasons } from './retire.ts'
import { createRunning } from './running.ts'
import { createWorld } from './runs.ts'
import { spentReasons } from './spent.ts'
import { unseenAssignments } from './unseen-assignments.ts'

/** Compares, follows every change, judges, and compiles. Nothing of the application runs. */
export async function prepare(request: HotRequest, context: Context): Promise<Prepared> {
  const { registry, living, startup } = context
  const files = releaseFiles(request.dir)
  const data = changedData(registry, living.keyOf, files)
  const values = await valuesOf(data)
  const allow = new Set(request.allow)
  const constructors = keptConstructors(allow)
  const built = buildWorld(living, files, registry.requests, data, constructors.textOf)
  const reasons: HotReason[] = [...textReasons(built), ...dataReasons(data, values)]
  const releases = { homes: homesOf(context), to: request.dir }
  const assets = assetsOf(built, startup, releases)
  const processes = createProcesses(built, context.processes())
  const running = createRunning(built, living)
  const exports = exportChanges(built)
  const moved = movedExports(exports, built, processes)
  const world = createWorld(built, living, startup, processes.isProcess, assets, running, moved)
  const decision = decide(world)
  const isAnew = (unit: UnitPiece) => decision.affected.has(unit)
  reasons.push(
    ...packageReasons(releases, registry.beside).filter(
      each => each.allow === null || !allow.has(each.allow),
    ),
  )
  const asked = [...built.modules.values()].map(module => ({
    module: module.key,
    requests: built.requestsOf(module),
  }))
  reasons.push(...missingReasons(releases, asked))
  if (built.broken.length + built.fixed.length === 0)
    reasons.push(
      ...judge(world, decision, running, allow),
      ...linkReasons(built, files),
      ...[
        ...unseenAssignments(built, exports),
        ...moved.reasons,
        ...leftImports(built),
        ...built.changed.flatMap(module => orderReasons(module, running, isAnew)),
      ].filter(({ allow: place }) => place === null || !allow.has(place)),
      ...returningReasons(built),
      ...spentReasons(built, files, living.spent),
      ...processes.reasons(decision),
    )
  const rebound =
    built.broken.length === 0 ? findRebound(built, exports, moved.places, decision.changes) : new Map()
  for (const [module, names] of rebound) {
    const difference = module.compareAnyway()
    if (difference) replaceUsers(difference, names)
  }
  const evaluated = new Map<WorldModule, UnitPiece[]>()
  // What is not concerned is not even read.
  const affected = [...decision.affected.values()].map(({ module }) => module)
  for (const module of new Set([...built.changed, ...affected, ...decision.disposed, ...rebound.keys()]))
    evaluated.set(module, evaluatedIn(module, decision, allow, world))
  const { modules: order, steps } = evaluationOrder(built, evaluated)
  const assemblies = new Map<WorldModule, Assembly>()
  const compiled = new Map<WorldModule, Compiled>()
  if (built.broken.length + built.fixed.length === 0) {
    for (const module of order) {
      const units = evaluated.get(module) ?? []
      if (!module.difference && units.length === 0) continue
      const assembly = assemble(module, units)
      assemblies.set(module, assembly)
      reasons.push(...assembly.reasons.map(constructors.settle))
    }
  }
  const again = new Map<WorldModule, Again>()
  if (reasons.length === 0) reasons.push(...compileAll(assemblies, compiled, built, files.path, rebound))
  if (reasons.length === 0) {
    for (const module of decision.disposed) {
      const old = compileAgain(module, evaluated.get(module) ?? [], world, built, context)
      if (old) again.set(module, old)
    }
  }
  const changing = processes.changed(decision)
  const modules = built.changed.map(module => describeModule(module, decision, built))
  const plan: UpgradePlan = {
    verdict: reasons.length === 0 ? 'hot' : 'blue-green',
    release: request.release,
    reasons,
    modules: [...modules, ...touched(built, decision, rebound), ...data.map(describeData)],
    processes: [...changing, ...processes.behind(changing)],
    skippedNativeModules: changedAddons(releases, registry.addons),
    notes: [
      ...constructors.notes,
      ...[...assemblies.values()].flatMap(({ notes }) => notes),
      ...remainingExports(decision, running),
    ],
  }
  const prepared: Prepared = {
    request,
    plan,
    built,
    decision,
    order,
    steps,
    gone: reasons.length === 0 ? gonePartsIn({ world, running, moved }) : [],
    evaluated,
    assemblies,
    compiled,
    changing: changing.map(({ name }) => name),
    redefined: processes.redefined(decision),
    values,
    releases,
    exports,
    moved,
    again,
    taken: takenBefore(built),
    asked: askedIn(order, evaluated, built, files),
  }
  plan.notes.push(...disposalNotes(again), ...acceptedNotes(prepared), ...heirNotes(context.heirs))
  return prepared
}

function* textReasons({ broken, fixed }: BuiltWorld): Generator<HotReason> {
  for (const { key, line, message } of broken)
    yield { module: key, line, message, remedy: 'Correct it, and build the release again.', allow: null }
  for (const { key, why } of fixed)
    yield { module: key, line: null, message: why, remedy: 'Use `upgrade()`.', allow: null }
}

/** The units of a module that are evaluated, in the order of the text. */
function evaluatedIn(module: WorldModule, decision: Decision, allow: Set<string>, world: World): UnitPiece[] {
  const { after, difference } = module
  if (!after) return []
  const added = new Set(difference?.added)
  for (const { unit } of changedStatics(module)) added.add(unit)
  const all = unitsOf(after)
  const units = all.filter(unit => {
    if (added.has(unit)) return true
    const affected = decision.affected.get(unit)
    if (!affected) return false
    // One that is allowed although it has an effect is left as it was.
    return !(unit.unit.kind === 'effect' && allow.has(`${module.key}:${after.line(startOf(unit))}`))
  })
  return withWishes(module, units, all, decision, world.disposers(module))
}

function compileAll(
  assemblies: Map<WorldModule, Assembly>,
  compiled: Map<WorldModule, Compiled>,
  built: BuiltWorld,
  path: (key: string) => string,
  rebound: Rebound,
): HotReason[] {
  const reasons: HotReason[] = []
  for (const [module, assembly] of assemblies) {
    const state = built.stateOf(module)
    if (!state || !module.after) continue
    try {
      const names = new Set([...state.rebound, ...(rebound.get(module) ?? [])])
      compiled.set(module, compile(state, module.after, assembly, path(module.key), { rebound: names }))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const message = `it cannot be compiled in the living module: ${error.message}`
      reasons.push({ module: module.key, line: null, message, remedy: 'Use `upgrade()`.', allow: null })
    }
  }
  return reasons
}

/** Folders of the releases that this process has been upgraded to, the running one first. */
const homesOf = ({ application, registry }: Context): string[] => [
  ...registry.homes.map(home => fileURLToPath(home).replace(/[\\/]$/, '')),
  application.root,
]

/** Modules that did not change themselves, and of which something is evaluated anew. */
function touched(built: BuiltWorld, decision: Decision, rebound: Rebound): HotModule[] {
  const { changed } = built
  const modules = new Set([...[...decision.affected.values()].map(({ module }) => module), ...rebound.keys()])
  return [...modules]
    .filter(module => !changed.includes(module))
    .map(module => describeModule(module, decision, built))
}

/** What goes on with the code that it has. */
function heirNotes({ threads, processes }: Heirs): string[] {
  const note = (count: number, what: string) =>
    count === 0 ? [] : [`${count} ${what} that the application has started: the code there is not replaced`]
  return [...note(threads(), 'worker threads'), ...note(processes(), 'processes of Node.js')]
}
