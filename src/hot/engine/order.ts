import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { readsIn } from '../plan/reads.ts'
import type { WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import { requestsIn } from './requests.ts'

/** What is done next: a unit is evaluated, or for `null` a module loaded that is new. */
export interface Step {
  module: WorldModule
  unit: UnitPiece | null
}

export interface Order {
  /** Who is imported comes first. */
  modules: WorldModule[]
  steps: Step[]
}

/**
 * The order in which a fresh start would evaluate what is evaluated. Imports come first; what is required comes where that is done, and what
 * is required inside of a function before everything else of its module, since that function may run; unless it needs this very module.
 */
export function evaluationOrder(
  { modules, changed, stateOf }: BuiltWorld,
  evaluated: Map<WorldModule, UnitPiece[]>,
): Order {
  const involved = new Set(changed)
  for (const [module, units] of evaluated) if (units.length > 0) involved.add(module)
  const known = new Map<WorldModule, Targets>()
  const read = between(involved)
  const targetsOf = (module: WorldModule): Targets => {
    const targets = known.get(module) ?? findTargets(module, read.has(module))
    known.set(module, targets)
    return targets
  }
  const needs = (from: WorldModule, wanted: WorldModule, seen = new Set<WorldModule>()): boolean => {
    const { first, inside } = targetsOf(from)
    return [...first, ...inside.map(({ target }) => target)].some(target => {
      if (target === wanted) return true
      if (seen.has(target)) return false
      seen.add(target)
      return needs(target, wanted, seen)
    })
  }
  const order: Order = { modules: [], steps: [] }
  const seen = new Set<WorldModule>()
  const visit = (module: WorldModule) => {
    if (seen.has(module)) return
    seen.add(module)
    const { first, inside, later } = targetsOf(module)
    first.forEach(visit)
    for (const target of later) if (!needs(target, module)) visit(target)
    if (involved.has(module) && stateOf(module) === null) order.steps.push({ module, unit: null })
    let next = 0
    for (const unit of evaluated.get(module) ?? []) {
      for (let at = inside[next]; at && at.offset < (unit.ranges[0]?.end ?? 0); at = inside[next]) {
        next += 1
        visit(at.target)
      }
      order.steps.push({ module, unit })
    }
    for (const { target } of inside.slice(next)) visit(target)
    order.modules.push(module)
  }
  for (const module of modules.values()) visit(module)
  return order
}

/** Those by way of which one of some modules gets another one of them, and these themselves: how each asks for the next counts. */
function between(involved: Set<WorldModule>): Set<WorldModule> {
  const below = new Set<WorldModule>()
  const importers = new Map<WorldModule, WorldModule[]>()
  const open = [...involved]
  for (let module = open.pop(); module; module = open.pop()) {
    for (const target of module.targets()) {
      importers.set(target, [...(importers.get(target) ?? []), module])
      if (below.has(target)) continue
      below.add(target)
      if (!involved.has(target)) open.push(target)
    }
  }
  const found = new Set(involved)
  const reached = [...involved].filter(module => below.has(module))
  for (let module = reached.pop(); module; module = reached.pop()) {
    for (const importer of importers.get(module) ?? []) {
      if (found.has(importer)) continue
      found.add(importer)
      reached.push(importer)
    }
  }
  return found
}

interface Targets {
  /** Evaluated before anything of the module. */
  first: WorldModule[]
  /** Required by its own statements, in the order of the text. */
  inside: { target: WorldModule; offset: number }[]
  /** Required inside of functions only. */
  later: WorldModule[]
}

/** @param isRead other modules need not be read for this. */
function findTargets(module: WorldModule, isRead: boolean): Targets {
  const after = module.format === 'commonjs' && isRead ? module.after : null
  if (after === null) return { first: module.targets(), inside: [], later: [] }
  const atOnce = requiredAtOnce(after)
  const inside: Targets['inside'] = []
  const later: WorldModule[] = []
  for (const request of requestsIn(after)) {
    const target = module.target(request)
    const offset = atOnce.get(request)
    if (target && offset !== undefined) inside.push({ target, offset })
    else if (target) later.push(target)
  }
  const named = new Set([...inside.map(({ target }) => target), ...later])
  // What is required by a name that is worked out.
  for (const target of module.targets()) if (!named.has(target) && target !== module) later.push(target)
  return { first: [], inside: inside.toSorted((a, b) => a.offset - b.offset), later }
}

/** What a module requires outside of functions, and where it does so first. */
function requiredAtOnce(model: Model): Map<string, number> {
  const functions = model.codes.filter(({ kind }) => kind === 'function')
  const found = new Map<string, number>()
  for (const read of readsIn(model)) {
    if (read.of !== 'request' || found.has(read.request)) continue
    const isLater = functions.some(({ node }) => node.start <= read.offset && read.offset < node.end)
    if (!isLater) found.set(read.request, read.offset)
  }
  return found
}
