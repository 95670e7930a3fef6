import type { AnyNode, Class, PropertyDefinition } from 'acorn'
import type { Piece, Range } from './model.ts'

/** A static field of a class, of which the name is written down. */
export interface StaticField {
  name: string
  node: PropertyDefinition
  /** What is compared, without the functions in it. */
  shell: string
  /** Functions and classes in it. */
  children: Piece[]
}

type FieldNode = PropertyDefinition & { static: true }

/** Fields that can be set by themselves: not private ones, and not those whose names are worked out. */
export function staticsOf(
  { body: { body } }: Class,
  children: Piece[],
  shellOf: (ranges: Range[], children: Piece[]) => string,
): StaticField[] {
  return body.flatMap(member => {
    const name = isStaticField(member) ? nameOf(member) : null
    if (!isStaticField(member) || name === null) return []
    const range = { start: member.start, end: member.end }
    const inside = children.filter(
      ({ ranges: [own] }) => own && own.start >= range.start && own.end <= range.end,
    )
    return [{ name, node: member, shell: shellOf([range], inside), children: inside }]
  })
}

const isStaticField = (member: AnyNode): member is FieldNode =>
  member.type === 'PropertyDefinition' && member.static

function nameOf({ key, computed }: PropertyDefinition): string | null {
  if (computed) return null
  if (key.type === 'Identifier') return key.name
  return key.type === 'Literal' ? String(key.value) : null
}
