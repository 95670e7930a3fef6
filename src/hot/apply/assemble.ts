import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { ClassPiece, Difference } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Following } from '../instrument/follow.ts'
import { WHOLE } from '../model/exports.ts'
import type { Member } from '../model/model.ts'
import type { Target, WorldModule } from '../plan/world.ts'
import type { ClassCode, Code, FunctionCode } from '../syntax/code.ts'
import { walk } from '../syntax/parse.ts'
import type { Element } from './elements.ts'

/** What is to be done with what an element gives. */
export type Installation =
  /** The successor of a function. */
  | { do: 'follow'; element: Element; targets: Target[]; of: ClassCode | null }
  /** A method that a class did not have. */
  | { do: 'add-member'; element: Element; of: ClassCode; member: Member }
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
  removedMembers: { of: ClassCode; member: Member }[]
  stranded: Stranded[]
  reasons: HotReason[]
  notes: string[]
}

/** Lists what has to be compiled for a module, and why it cannot be where it cannot. */
export function assemble(module: WorldModule, evaluated: UnitPiece[]): Assembly {
  const assembly: Assembly = { installations: [], removedMembers: [], stranded: [], reasons: [], notes: [] }
  const { difference } = module
  if (difference) {
    for (const { before, after } of difference.functions)
      followFunction(module, before.code, after.code, difference, assembly)
    for (const { before, after } of difference.constructors)
      followConstructor(module, before, after, difference, assembly)
    for (const each of difference.classes) changeClass(module, each, difference, assembly)
    for (const orphan of difference.orphans)
      strandAll(module, orphan.code.slot, difference, 'what is around it changed', assembly)
  }
  assembly.installations.push(...evaluated.map(evaluationOf))
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

function followFunction(
  module: WorldModule,
  before: FunctionCode,
  after: FunctionCode,
  difference: Difference,
  assembly: Assembly,
): void {
  const following = difference.after.following[after.slot]
  const fitting: Target[] = []
  for (const target of module.recordOf(before.slot).targets) {
    const why = following
      ? whyNot(target.following(), following, before, after)
      : 'it is no function of its own any more'
    if (why === null) fitting.push(target)
    else assembly.stranded.push(stranded(module, before, difference, target, why))
  }
  for (const targets of groupByFollowing(fitting)) {
    const own = targets[0]?.following() ?? { how: 'directly' }
    const element = functionElement(after, own, difference)
    assembly.installations.push({ do: 'follow', element, targets, of: after.owner })
  }
}

function functionElement(code: FunctionCode, following: Following, { after }: Difference): Element {
  if (code.role === 'function' || code.role === 'arrow') return { kind: 'function', code, following }
  return { kind: 'method', code, member: memberOf(code, after.units), following }
}

function memberOf(code: FunctionCode, units: Difference['after']['units']): Member | null {
  const step = (pieces: typeof units): Member | null => {
    for (const piece of pieces) {
      const own =
        piece.kind === 'class' ? piece.members.find(({ node }) => node.value === code.node) : undefined
      const found = own ?? step(piece.children)
      if (found) return found
    }
    return null
  }
  return step(units)
}

/** Targets that pass the same on can have the same successor. */
function groupByFollowing(targets: Target[]): Target[][] {
  const groups = new Map<string, Target[]>()
  for (const target of targets) {
    const following = target.following()
    const key =
      following.how === 'by-factory'
        ? `${following.captures.map(({ name, changes }) => `${name}${changes}`)} ${following.usesThis} ${following.usesArguments}`
        : following.how
    groups.set(key, [...(groups.get(key) ?? []), target])
  }
  return [...groups.values()]
}

/** Why calls of a function cannot be passed on to its successor. */
function whyNot(from: Following, to: Following, before: FunctionCode, after: FunctionCode): string | null {
  if (from.how === 'not' || to.how === 'not') return 'it is not followed'
  const kind = unlike(before, after)
  if (kind !== null) return kind
  if (to.how === 'directly') return null
  if (from.how === 'directly')
    return `it uses \`${to.captures[0]?.name ?? 'this'}\` of the function around it, which it did not before`
  if (to.usesThis && !from.usesThis)
    return 'it uses `this` of the function around it, which it did not before'
  if (to.usesArguments && !from.usesArguments)
    return 'it uses `arguments` of the function around it, which it did not before'
  for (const capture of to.captures) {
    const known = from.captures.find(({ name }) => name === capture.name)
    if (!known) return `it uses \`${capture.name}\` of the function around it, which it did not before`
    if (capture.changes && !known.changes)
      return `it uses \`${capture.name}\`, which was never assigned and is now`
  }
  return null
}

/** What a call of the old function cannot become a call of the new one for. */
function unlike(before: FunctionCode, after: FunctionCode): string | null {
  if (before.node.generator !== after.node.generator)
    return `it is ${after.node.generator ? 'a' : 'no'} generator now`
  if (before.node.async && !after.node.async) return 'it is no async function any more'
  const own = after.uses.has('this') || after.uses.has('new.target') || after.uses.has('arguments')
  if (before.role === 'arrow' && after.role !== 'arrow' && own)
    return 'it was an arrow function and has its own `this` now'
  return null
}

function stranded(
  module: WorldModule,
  code: Code,
  { before }: Difference,
  target: Target,
  why: string,
): Stranded {
  return { module: module.key, line: before.line(code.node.start), marker: target.marker(), why }
}

function strandAll(
  module: WorldModule,
  slot: number,
  difference: Difference,
  why: string,
  assembly: Assembly,
): void {
  const code = difference.before.codes[slot]
  // What stands in the module's own scope is reached by the variables there, which have been looked at.
  if (!code || code.within === null) return
  for (const target of module.recordOf(slot).targets)
    assembly.stranded.push(stranded(module, code, difference, target, why))
}

function followConstructor(
  module: WorldModule,
  before: Difference['constructors'][number]['before'],
  after: Difference['constructors'][number]['after'],
  difference: Difference,
  assembly: Assembly,
): void {
  const line = difference.after.line(after.of.node.start)
  const refuse = (message: string, remedy: string) =>
    assembly.reasons.push({ module: module.key, line, message, remedy, allow: null })
  const name = after.of.node.id?.name ?? 'a class'
  if (after.of.within !== null || before.of.within !== null) {
    for (const target of module.recordOf(before.code.slot).targets)
      assembly.stranded.push(
        stranded(
          module,
          before.of,
          difference,
          target,
          `the constructor or the fields of \`${name}\` changed`,
        ),
      )
    return
  }
  if (hasPrivateNames(before.of) || hasPrivateNames(after.of)) {
    refuse(
      `the constructor or the fields of \`${name}\` changed, and it has private names, which a new constructor cannot give to instances of the living class`,
      'Leave its constructor and fields as they were, or use `upgrade()`.',
    )
    return
  }
  if (!before.of.node.superClass && hasFieldsWithEffect(before.of)) {
    refuse(
      `the constructor or the fields of \`${name}\` changed, and its fields are set by calls, which would be made twice`,
      'Set those fields in the constructor, or use `upgrade()`.',
    )
    return
  }
  const targets = module.recordOf(before.code.slot).targets
  assembly.installations.push({
    do: 'follow',
    element: { kind: 'construction', code: after.of },
    targets,
    of: after.of,
  })
  for (const field of addedFields(before.of, after.of))
    assembly.notes.push(
      `${module.key}:${line}: living instances of \`${name}\` lack the new field \`${field}\``,
    )
}

function hasPrivateNames({ node }: ClassCode): boolean {
  return node.body.body.some(member => 'key' in member && member.key.type === 'PrivateIdentifier')
}

function hasFieldsWithEffect({ node }: ClassCode): boolean {
  let found = false
  for (const member of node.body.body) {
    if (member.type !== 'PropertyDefinition' || member.static || !member.value) continue
    walk(member.value, inner => {
      if (inner.type.includes('Function')) return false
      if (
        inner.type === 'CallExpression' ||
        inner.type === 'UpdateExpression' ||
        inner.type === 'AssignmentExpression'
      )
        found = true
      return true
    })
  }
  return found
}

function addedFields(before: ClassCode, after: ClassCode): string[] {
  const fields = ({ node }: ClassCode) =>
    node.body.body.flatMap(member =>
      member.type === 'PropertyDefinition' && !member.static && member.key.type === 'Identifier'
        ? [member.key.name]
        : [],
    )
  const known = new Set(fields(before))
  return fields(after).filter(field => !known.has(field))
}

function changeClass(
  module: WorldModule,
  change: Difference['classes'][number],
  difference: Difference,
  assembly: Assembly,
): void {
  const { before, after, added, removed, evaluatesOther } = change
  const line = difference.after.line(after.code.node.start)
  const name = after.code.node.id?.name ?? 'a class'
  const refuse = (message: string) =>
    assembly.reasons.push({ module: module.key, line, message, remedy: 'Use `upgrade()`.', allow: null })
  if (evaluatesOther)
    return void refuse(`\`${name}\` extends another class, or has other static fields or blocks`)
  if (added.length + removed.length > 0 && !isReachable(before, change.unit))
    return void refuse(`\`${name}\` has other members, and is no class of the module's own scope`)
  for (const member of added) {
    if (member.piece?.kind !== 'function') return void refuse(`\`${name}\` has a member that cannot be added`)
    const element: Element = {
      kind: 'method',
      code: member.piece.code,
      member,
      following: { how: 'directly' },
    }
    assembly.installations.push({ do: 'add-member', element, of: after.code, member })
  }
  for (const member of removed) assembly.removedMembers.push({ of: after.code, member })
}

function isReachable({ code }: ClassPiece, { unit }: UnitPiece): boolean {
  return code.within === null && code.node.id !== null && unit.names.length === 1
}
