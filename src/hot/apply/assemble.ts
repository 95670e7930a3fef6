import type { UnitPiece } from '../diff/match.ts'
import type { Following } from '../instrument/follow.ts'
import { WHOLE } from '../model/exports.ts'
import type { Piece } from '../model/model.ts'
import type { ClassRecord, Target, WorldModule } from '../plan/world.ts'
import { outermost } from '../syntax/captures.ts'
import type { ClassCode, FunctionCode } from '../syntax/code.ts'
import { lengthOf, otherArities } from './arity.ts'
import { changeClass, followConstructor } from './assemble-classes.ts'
import type { Assembling, Assembly, Installation } from './assembly.ts'
import type { Element } from './elements.ts'
import { goneCode } from './gone-code.ts'
import { isEvaluated } from './living-class.ts'
import { addedProperties } from './own-fields.ts'
import { usesHiddenNames } from './private-names.ts'
import { renewAround, renewMaker } from './renew.ts'
import { strand, strandClass, strandConstants, strandFunction, strandUnfollowed } from './strand.ts'
import { whyNotFollowed } from './succession.ts'

/** Lists what has to be compiled for a module, and why it cannot be where it cannot. */
export function assemble(module: WorldModule, evaluated: UnitPiece[]): Assembly {
  const { difference } = module
  const assembly: Assembly = {
    installations: [],
    removedMembers: [],
    removedStatics: [],
    classes: livingClasses(module),
    stranded: [],
    arities: [],
    gone: [],
    successors: new Set(),
    reasons: [],
    notes: [],
  }
  if (difference) assembleDifference({ module, difference, assembly, renewed: new Set() })
  const fields = new Set(assembly.installations.flatMap(each => (each.do === 'static' ? [each.unit] : [])))
  assembly.installations.push(...evaluated.filter(unit => !fields.has(unit)).map(evaluationOf))
  return assembly
}

export function evaluationOf(unit: UnitPiece): Installation {
  return { do: 'evaluate', element: elementOf(unit), unit }
}

function elementOf(unit: UnitPiece): Element {
  const { exporting, names } = unit.unit
  if (exporting?.how === 'listed') return { kind: 'property', unit }
  return exporting !== null && names.includes(WHOLE) ? { kind: 'exports', unit } : { kind: 'unit', unit }
}

function livingClasses(module: WorldModule): Map<ClassCode, ClassRecord> {
  const classes = new Map<ClassCode, ClassRecord>()
  for (const [after, before] of module.difference?.origin ?? [])
    if (after.kind === 'class' && before.kind === 'class' && after.code.within === null) {
      const record = module.classOf(before.code.slot)
      if (isEvaluated(record)) classes.set(after.code, record)
    }
  return classes
}

function assembleDifference(into: Assembling): void {
  const { difference, assembly, renewed } = into
  assembly.gone.push(...goneCode(into))
  const own = [...difference.functions, ...difference.constructors].map(({ after }) => after)
  for (const after of own) renewed.add(after)
  for (const { before, after } of difference.functions) {
    followFunction(into, before.code, after.code)
    strandUnfollowed(into, before)
  }
  for (const { before, after } of difference.constructors) {
    followConstructor(into, before, after)
    strandUnfollowed(into, before)
  }
  for (const each of difference.classes) changeClass(into, each)
  followRenewed(into, new Set(own))
  for (const { before } of difference.units) strandUnfollowed(into, before)
  for (const { before, after } of difference.same) strandConstants(into, before, after)
  assembly.arities.push(...otherArities(into))
  const why = 'what is around it changed, and nothing there takes its place'
  for (const orphan of difference.orphans) {
    // What stands in the module's own scope is reached by the variables there, which have been looked at.
    if (orphan.code.within === null) continue
    if (orphan.kind === 'class') strandClass(into, orphan.code, why)
    else strandFunction(into, orphan.code, why)
    strandUnfollowed(into, orphan)
  }
}

/** What is made anew for what is in it, which may take what is around it to be made anew in turn. */
function followRenewed(into: Assembling, followed: Set<Piece>): void {
  for (const after of into.renewed) {
    const before = followed.has(after) ? undefined : into.difference.origin.get(after)
    if (before?.kind === 'function' && after.kind === 'function')
      followFunction(into, before.code, after.code)
    else if (before?.kind === 'constructor' && after.kind === 'constructor')
      followConstructor(into, before, after)
  }
}

function followFunction(into: Assembling, before: FunctionCode, after: FunctionCode): void {
  const { module, difference, assembly } = into
  const following = difference.after.following[after.slot] ?? { how: 'not' }
  const fitting: Target[] = []
  const hidden = usesHiddenNames(after)
  for (const target of module.recordOf(before.slot).targets) {
    const why = hidden ?? whyNotFollowed(target.following(), following, before, after)
    if (why === null) fitting.push(target)
    else if (renewAround(into, after, why)) strand(into, before, target, why)
  }
  // What it makes has the `length` of its text.
  if (lengthOf(before) !== lengthOf(after)) renewMaker(into, after)
  const line = difference.after.line(after.node.start)
  for (const property of addedProperties(before, after))
    assembly.notes.push(
      `${module.key}:${line}: what was made by this constructor before lacks the new property \`${property}\``,
    )
  const around = outermost(after)
  const home = around.kind === 'class' ? (assembly.classes.get(around) ?? null) : null
  for (const targets of groupByFollowing(fitting)) {
    const own = targets[0]?.following() ?? { how: 'directly' }
    assembly.installations.push({ do: 'follow', element: functionElement(after, own), targets, home })
  }
}

function functionElement(code: FunctionCode, following: Following): Element {
  if (code.role === 'function' || code.role === 'arrow') return { kind: 'function', code, following }
  return { kind: 'method', code, member: null, following }
}

/** Targets that pass the same on can have the same successor. */
function groupByFollowing(targets: Target[]): Target[][] {
  const keyOf = (target: Target) => {
    const following = target.following()
    if (following.how !== 'by-factory') return following.how
    const { captures, usesThis, usesArguments, usesNewTarget, usesSuper } = following
    const names = captures.map(({ name, changes }) => `${name} ${changes}`)
    return [...names, usesThis, usesArguments, usesNewTarget, usesSuper].join()
  }
  return [...Map.groupBy(targets, keyOf).values()]
}
