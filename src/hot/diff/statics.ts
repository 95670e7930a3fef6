import type { StaticField } from '../model/statics.ts'
import type { ClassPiece } from './match.ts'

/** A static field that is new, gone (`after` is `null`), or set to something else. */
export interface StaticChange {
  before: StaticField | null
  after: StaticField | null
}

export interface StaticsCompared {
  changed: StaticChange[]
  /** Those that are the same but for the functions in them. */
  same: { before: StaticField; after: StaticField }[]
  /** Whether fields, or fields and static blocks, are evaluated in another order. */
  reordered: boolean
}

export function compareStatics(before: ClassPiece, after: ClassPiece): StaticsCompared {
  const compared: StaticsCompared = { changed: [], same: [], reordered: false }
  const known = new Map(before.statics.map(field => [field.name, field]))
  for (const field of after.statics) {
    const was = known.get(field.name)
    known.delete(field.name)
    if (was && (was.shell === field.shell || (isFunction(was) && isFunction(field))))
      compared.same.push({ before: was, after: field })
    else compared.changed.push({ before: was ?? null, after: field })
  }
  for (const field of known.values()) compared.changed.push({ before: field, after: null })
  const common = new Set(compared.same.map(({ after: { name } }) => name))
  compared.reordered = orderOf(before, common) !== orderOf(after, common)
  return compared
}

/** One function in place of another is its successor. */
const isFunction = ({ node: { value }, children }: StaticField) =>
  children.some(child => child.kind === 'function' && child.code.node === value)

function orderOf({ code: { node } }: ClassPiece, names: ReadonlySet<string>): string {
  return node.body.body
    .flatMap(member => {
      if (member.type === 'StaticBlock') return ['{']
      if (member.type !== 'PropertyDefinition' || !member.static || member.key.type !== 'Identifier')
        return []
      return names.has(member.key.name) ? [member.key.name] : []
    })
    .join()
}
