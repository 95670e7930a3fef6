import type { Member } from '../model/model.ts'

/** Under what key a class has a member; `null` where the text alone does not tell, and for private ones. */
export function keyOf({ node: { key, computed } }: Member): PropertyKey | null {
  if (!computed) {
    if (key.type === 'Identifier') return key.name
    return key.type === 'Literal' ? String(key.value) : null
  }
  if (key.type === 'Literal' && typeof key.value === 'string') return key.value
  if (key.type !== 'MemberExpression' || key.computed || key.property.type !== 'Identifier') return null
  if (key.object.type !== 'Identifier' || key.object.name !== 'Symbol') return null
  const known: unknown = Reflect.get(Symbol, key.property.name)
  return typeof known === 'symbol' ? known : null
}
