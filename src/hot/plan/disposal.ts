import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { isAboutHot, namesDisposed, usesOneOf } from './about-hot.ts'
import type { Decision, World } from './decision.ts'
import { beforeOf, unitsOf } from './find-units.ts'
import { onlyRequires } from './requires.ts'
import { builds, exportRoot, initialiserOf } from './slices.ts'
import type { WorldModule } from './world.ts'

/** Why a statement that nothing else reaches runs anew. */
export const DISPOSED = 'what it began is ended by `import.meta.hot.dispose`'

/**
 * Notes a module whose callbacks of `import.meta.hot.dispose` are to be called, since what they concern runs anew or is gone.
 *
 * @returns what has to run anew because of that.
 */
export function followDisposal(world: World, module: WorldModule, decision: Decision): UnitPiece[] {
  const { before, after, difference } = module
  const disposers = world.disposers(module)
  if (disposers.length === 0 || before === null) return []
  if (after === null || isAnythingEnded(world, module, before, after, decision)) decision.disposed.add(module)
  if (after === null || !decision.disposed.has(module)) return []
  return unitsOf(after).filter(unit => {
    if (decision.affected.has(unit) || difference?.added.includes(unit) || isAboutHot(unit, after))
      return false
    const run = module.runOf(beforeOf(module, unit))
    return (run !== null && disposers.includes(run)) || isConcerned(module, after, unit)
  })
}

function isAnythingEnded(
  world: World,
  module: WorldModule,
  before: Model,
  after: Model,
  decision: Decision,
): boolean {
  const gone = (module.difference?.removed ?? []).some(unit => isConcerned(module, before, unit))
  if (gone || decision.removed.some(removed => removed.module === module)) return true
  for (const [unit, affected] of decision.affected) {
    if (affected.module !== module || world.isProcess(module, unit)) continue
    const ran = module.runOf(beforeOf(module, unit))
    if (ran && (ran.opened.length > 0 || world.disposers(module).includes(ran))) return true
    if (isConcerned(module, after, unit)) return true
    if (namesDisposed(before) === null && begins(unit.unit.node)) return true
  }
  return false
}

/** Whether callbacks of `dispose` end what a unit of the living module began, as far as their text tells. */
export function isDisposed(world: World, module: WorldModule, unit: UnitPiece): boolean {
  const { before } = module
  const disposers = world.disposers(module)
  if (before === null || disposers.length === 0) return false
  const run = module.runOf(unit)
  if (run !== null && disposers.includes(run)) return true
  return namesDisposed(before) === null || isConcerned(module, before, unit)
}

/**
 * Whether what a statement began is what callbacks of `dispose` end: a variable that they use and that something was called for, or a statement
 * with an effect that uses one.
 *
 * @param model `before` or `after`, of which the unit is.
 */
function isConcerned(module: WorldModule, model: Model, unit: UnitPiece): boolean {
  return module.before !== null && isConcernedBy(namesDisposed(module.before), model, unit)
}

/** @param disposed what callbacks of `dispose` use. */
export function isConcernedBy(disposed: Set<string> | null, model: Model, unit: UnitPiece): boolean {
  const { kind, names } = unit.unit
  if (disposed === null) return false
  if (kind === 'export') return names.some(name => disposed.has(exportRoot(name))) && begins(unit.unit.node)
  if (kind === 'variable') {
    if (onlyRequires(unit) || !begins(initialiserOf(unit))) return false
    return names.some(name => disposed.has(name)) || usesOneOf(disposed, model, unit.unit.node)
  }
  if (kind !== 'effect' || isAboutHot(unit, model)) return false
  if (!usesOneOf(disposed, model, unit.unit.node)) return false
  const root = builds(unit, model)
  if (root === null) return true
  const { node } = unit.unit
  const call = node.type === 'ExpressionStatement' ? node.expression : node
  return call.type === 'CallExpression' && call.arguments.some(begins)
}

/** What `new` makes of these holds nothing but what is put into it. */
const CONTAINERS = new Set('Map Set WeakMap WeakSet Array Object Date RegExp URL Error'.split(' '))

/** Whether evaluating it calls anything. */
function begins(node: AnyNode | null): boolean {
  let found = false
  if (node)
    walk(node, inner => {
      if (inner.type.includes('Function') || inner.type.startsWith('Class')) return false
      const container =
        inner.type === 'NewExpression' &&
        inner.callee.type === 'Identifier' &&
        CONTAINERS.has(inner.callee.name)
      if (!container && /^(?:Call|New|Await|Import|TaggedTemplate)Expression$/.test(inner.type)) found = true
      return !found
    })
  return found
}
