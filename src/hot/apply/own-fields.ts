import type { AnyNode } from 'acorn'
import type { ClassCode, FunctionCode } from '../syntax/code.ts'
import { walk } from '../syntax/parse.ts'

/** Fields that a class gives to its instances, and that it did not. */
export function addedFields(before: ClassCode, after: ClassCode): string[] {
  const known = fieldsOf(before)
  return [...fieldsOf(after)].filter(field => !known.has(field))
}

/** The same of a function that is a constructor, as its name tells. */
export function addedProperties(before: FunctionCode, after: FunctionCode): string[] {
  const name = 'id' in after.node ? after.node.id?.name : undefined
  if (after.role !== 'function' || name === undefined || !/^[A-Z]/.test(name)) return []
  const known = setOnThis(before.node.body)
  return [...setOnThis(after.node.body)].filter(property => !known.has(property))
}

/** The fields that a class gives to its instances. */
export function fieldsOf({ node, constructorCode }: ClassCode): Set<string> {
  const fields = new Set<string>(constructorCode ? setOnThis(constructorCode.node.body) : [])
  for (const member of node.body.body)
    if (member.type === 'PropertyDefinition' && !member.static && member.key.type === 'Identifier')
      fields.add(member.key.name)
  return fields
}

/** The properties of `this` that are set with `=`. */
function setOnThis(body: AnyNode): Set<string> {
  const names = new Set<string>()
  walk(body, node => {
    if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') return false
    if (node.type === 'AssignmentExpression' && node.operator === '=') {
      const { left } = node
      if (left.type === 'MemberExpression' && left.object.type === 'ThisExpression' && !left.computed)
        if (left.property.type === 'Identifier') names.add(left.property.name)
    }
    return true
  })
  return names
}
