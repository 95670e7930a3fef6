import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { Difference } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Following } from '../instrument/follow.ts'
import { WHOLE } from '../model/exports.ts'
import { type Member, type Piece, unfollowedIn } from '../model/model.ts'
import type { StaticField } from '../model/statics.ts'
import type { ClassRecord, ClassText, Target, WorldModule } from '../plan/world.ts'
import { outermost } from '../syntax/captures.ts'
import type { ClassCode, Code, FunctionCode } from '../syntax/code.ts'
import { type Arity, lengthOf, otherArities } from './arity.ts'
import { changeClass, followConstructor } from './assemble-classes.ts'
import type { Element } from './elements.ts'
import { type GoneCode, goneCode } from './gone-code.ts'
import { isEvaluated } from './living-class.ts'
import { addedProperties } from './own-fields.ts'
import { usesHiddenNames } from './private-names.ts'
import { renewAround, renewMaker } from './renew.ts'
import { changedConstant, whyNotFollowed } from './succession.ts'

/** What is to be done with what an element gives. `home` is the class of the module's scope that it is in. */
export type Installation =
  /** The successor of a function. */
  | { do: 'follow'; element: Element; targets: Target[]; home: ClassRecord | null }
  /** A method that a class did not have. */
  | { do: 'add-member'; element: Element; home: ClassRecord; member: Member }
  /** Evaluates a static field, where the statement of its class stands. */
  | { do: 'static'; element: Element; home: ClassRecord; field: StaticField; unit: UnitPiece }
  /** Evaluates a unit. */
  | { do: 'evaluate'; element: Element; unit: UnitPiece }

/** A closure that cannot be followed: none of it may be alive. */
export interface Stranded {
  module: string
  line: number
  marker: string
  why: string
}

/** What one module's upgrade consists of. */
export interface Assembly {
  installations: Installation[]
  removedMembers: { home: ClassRecord; member: Member }[]
  removedStatics: { home: ClassRecord; field: StaticField }[]
  /** The living classes of the module's scope, by their new text. */
  classes: Map<ClassCode, ClassRecord>
  stranded: Stranded[]
  arities: Arity[]
  gone: GoneCode[]
  /** What earlier upgrades have put behind functions that are stranded: nobody has it but those. */
  successors: Set<unknown>
  reasons: HotReason[]
  notes: string[]
}

/** A module that differs, while what it takes is being listed. */
export interface Assembling {
  module: WorldModule
  difference: Difference
  assembly: Assembly
  /** Functions and constructors of the new text that are made anew. */
  renewed: Set<Piece>
}

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
  for (const { after } of [...difference.functions, ...difference.constructors]) renewed.add(after)
  for (const { before, after } of difference.functions) {
    followFunction(into, before.code, after.code)
    strandUnfollowed(into, before)
  }
  for (const { before, after } of difference.constructors) {
    followConstructor(into, before, after)
    strandUnfollowed(into, before)
  }
  for (const each of difference.classes) changeClass(into, each)
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

export function followFunction(into: Assembling, before: FunctionCode, after: FunctionCode): void {
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

function strand(
  { module, difference, assembly }: Assembling,
  code: Code,
  { marker }: Pick<ClassText, 'marker'>,
  why: string,
): void {
  const line = difference.before.line(code.node.start)
  assembly.stranded.push({ module: module.key, line, marker: marker(), why })
  if (code.kind === 'function')
    for (const { successor } of module.recordOf(code.slot).targets) assembly.successors.add(successor)
}

function strandFunction(into: Assembling, code: FunctionCode, why: string): void {
  for (const target of into.module.recordOf(code.slot).targets) strand(into, code, target, why)
}

export function strandClass(into: Assembling, code: ClassCode, why: string): void {
  for (const text of into.module.classOf(code.slot).texts) strand(into, code, text, why)
}

/** Functions that never ask for a successor are a part of what has changed. */
function strandUnfollowed(into: Assembling, piece: Piece): void {
  const { module, difference, assembly } = into
  for (const code of unfollowedIn(difference.before, piece)) {
    if (code.within !== null)
      strandFunction(into, code, 'it cannot be followed, and it is part of what changed')
    else
      assembly.reasons.push({
        module: module.key,
        line: difference.before.line(code.node.start),
        message:
          'the arrow function here cannot be followed, since its body or a directive in it gives its parameters another meaning',
        remedy: 'Write it as a `function`, or use `upgrade()`.',
        allow: null,
      })
  }
}

function strandConstants(into: Assembling, before: Piece, after: Piece): void {
  if (before.kind !== 'function' || after.kind !== 'function') return
  const following = into.difference.after.following[after.code.slot]
  if (following?.how !== 'by-factory') return
  for (const target of into.module.recordOf(before.code.slot).targets) {
    const why = changedConstant(target.following(), following)
    if (why !== null) strand(into, before.code, target, why)
  }
}
