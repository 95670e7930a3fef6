import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import type { Code } from '../syntax/code.ts'
import { walk } from '../syntax/parse.ts'

const namesByModel = new WeakMap<Model, Map<AnyNode, string>>()

/** The name by which stack traces show a function or class; `null` for one that has none. */
export function nameOf(model: Model, { node }: Code): string | null {
  if ('id' in node && node.id) return node.id.name
  let names = namesByModel.get(model)
  if (!names) {
    names = collect(model)
    namesByModel.set(model, names)
  }
  return names.get(node as AnyNode) ?? null
}

/** Functions that have no name of their own are called after what they are given to. */
function collect({ text, parsed }: Model): Map<AnyNode, string> {
  const names = new Map<AnyNode, string>()
  const give = (value: AnyNode | null | undefined, name: string) => {
    if (value && /Function|^Class/.test(value.type)) names.set(value, name)
  }
  walk(parsed.program, node => {
    switch (node.type) {
      case 'VariableDeclarator':
        if (node.id.type === 'Identifier') give(node.init, node.id.name)
        break
      case 'AssignmentExpression':
        if (node.left.type === 'Identifier' || (node.left.type === 'MemberExpression' && !node.left.computed))
          give(node.right, text.slice(node.left.start, node.left.end))
        break
      case 'AssignmentPattern':
        if (node.left.type === 'Identifier') give(node.right, node.left.name)
        break
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        if (node.computed) break
        if (node.key.type === 'Identifier') give(node.value, node.key.name)
        if (node.key.type === 'PrivateIdentifier') give(node.value, `#${node.key.name}`)
        if (node.key.type === 'Literal') give(node.value, String(node.key.value))
        break
      case 'ExportDefaultDeclaration':
        give(node.declaration as AnyNode, 'default')
        break
      default:
        break
    }
    return true
  })
  return names
}
