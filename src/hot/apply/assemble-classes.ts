import { type ClassDifference, definedBy } from '../diff/diff.ts'
import type { ConstructorPiece } from '../diff/match.ts'
import type { Member, Range } from '../model/model.ts'
import { onlyAddedFields } from '../plan/added-fields.ts'
import { unitsOf } from '../plan/find-units.ts'
import { placeOf } from '../plan/reasons.ts'
import type { ClassRecord } from '../plan/world.ts'
import type { ClassCode } from '../syntax/code.ts'
import { walk } from '../syntax/parse.ts'
import type { Assembling } from './assembly.ts'
import type { Element } from './elements.ts'
import { keyOf } from './member-keys.ts'
import { addedFields, fieldsOf } from './own-fields.ts'
import { hasPrivateNames } from './private-names.ts'
import { renewAround } from './renew.ts'
import { strandClass } from './strand.ts'

const nameOf = ({ node }: ClassCode) => (node.id ? `\`${node.id.name}\`` : 'the class')

function refuse(
  { module, difference, assembly }: Assembling,
  of: ClassCode,
  message: string,
  remedy = '',
  allow: string | null = null,
): void {
  const line = difference.after.line(of.node.start)
  const advice = remedy === '' ? 'Use `upgrade()`.' : `${remedy}, or use \`upgrade()\`.`
  assembly.reasons.push({ module: module.key, line, message, remedy: advice, allow })
}

/** A new constructor, fields of instances included. */
export function followConstructor(into: Assembling, before: ConstructorPiece, after: ConstructorPiece): void {
  const { module, difference, assembly } = into
  const { of } = after
  const what = `the constructor or the fields of ${nameOf(of)} changed`
  if (of.within !== null || before.of.within !== null) {
    renewAround(into, of, what)
    strandClass(into, before.of, what)
    return
  }
  const home = assembly.classes.get(of)
  const { targets } = module.recordOf(before.code.slot)
  const why = whyNotConstructed(before.of, of)
  // Nothing of it lives where it has not been evaluated.
  if (home === undefined) return
  if (why !== null) {
    const unit = unitsOf(difference.after).find(({ unit: { node } }) => isInside(of.node, node))
    const allow = why.mayKeep && unit ? placeOf(module, difference.after, unit) : null
    refuse(into, of, `${what}, and ${why.message}`, why.remedy, allow)
    return
  }
  assembly.installations.push({ do: 'follow', element: { kind: 'construction', code: of }, targets, home })
  const line = difference.after.line(of.node.start)
  const given = onlyAddedFields(difference, before, after) ?? []
  const known = [...fieldsOf(before.of)]
  for (const { name, node } of given)
    assembly.installations.push({
      do: 'complete',
      element: { kind: 'static', field: { name, node } },
      home,
      name,
      known,
    })
  const lacking = addedFields(before.of, of).filter(field => !given.some(({ name }) => name === field))
  for (const field of lacking)
    assembly.notes.push(
      `${module.key}:${line}: living instances of ${nameOf(of)} lack the new field \`${field}\``,
    )
}

const isInside = (inner: Range, { start, end }: Range) => inner.start >= start && inner.end <= end

interface NotConstructed {
  message: string
  remedy: string
  /** Whether it may keep the constructor that it has. */
  mayKeep: boolean
}

/** Why instances cannot be made by a new constructor. */
function whyNotConstructed(before: ClassCode, after: ClassCode): NotConstructed | null {
  if (hasPrivateNames(before) || hasPrivateNames(after))
    return {
      message: 'it has private names, which a new constructor cannot give to instances of the living class',
      remedy: 'Leave its constructor and fields as they were',
      mayKeep: true,
    }
  if (!before.node.superClass && hasFieldsWithEffect(before))
    return {
      message: 'its fields are set by calls, which would be made twice',
      remedy: 'Set those fields in the constructor',
      mayKeep: false,
    }
  return null
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

/** Members that come and go. */
export function changeClass(into: Assembling, change: ClassDifference): void {
  const { before, after, added, removed, statics, unit, unfollowed } = change
  // One that no statement gives a name to is not found.
  const evaluatesOther = change.evaluatesOther || (statics.length > 0 && definedBy(unit) !== after)
  const { assembly } = into
  const name = nameOf(after.code)
  const home = assembly.classes.get(after.code)
  if (home === undefined && after.code.within === null && before.code.within === null) return
  if (home === undefined || before.code.within !== null) {
    const others = added.length + removed.length + unfollowed.length + statics.length
    if (!evaluatesOther && others === 0) return
    const why = `${name} has other members now, or extends another class`
    renewAround(into, after.code, why)
    strandClass(into, before.code, why)
    return
  }
  if (evaluatesOther) {
    refuse(into, after.code, `${name} extends another class, or has other static fields or blocks`)
    return
  }
  for (const { signature } of unfollowed)
    refuse(into, after.code, `\`${signature}\` of ${name} changed, and cannot be followed`)
  for (const { before: field, after: now } of statics) {
    if (now)
      assembly.installations.push({
        do: 'static',
        element: { kind: 'static', field: now },
        home,
        field: now,
        unit,
      })
    else if (field) assembly.removedStatics.push({ home, field })
  }
  for (const member of added) addMember(into, after.code, home, member)
  for (const member of removed) {
    if (keyOf(member) === null)
      refuse(into, after.code, `${name} has lost \`${member.signature}\`, whose name cannot be told`)
    else assembly.removedMembers.push({ home, member })
  }
}

function addMember(into: Assembling, of: ClassCode, home: ClassRecord, member: Member): void {
  const what = `${nameOf(of)} has a new member \`${member.signature}\``
  if (member.node.key.type === 'PrivateIdentifier') {
    const remedy = 'Make it a function of the module'
    refuse(into, of, `${what}, and living instances cannot be given private ones`, remedy)
    return
  }
  if (member.piece?.kind !== 'function' || keyOf(member) === null) {
    refuse(into, of, `${what}, which cannot be added to a living class`)
    return
  }
  const element: Element = {
    kind: 'method',
    code: member.piece.code,
    member,
    following: { how: 'directly' },
  }
  into.assembly.installations.push({ do: 'add-member', element, home, member })
}
