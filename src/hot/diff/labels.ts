import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import { wordsOf } from '../syntax/captures.ts'
import { childrenOf } from '../syntax/parse.ts'

const labelsByModel = new WeakMap<Model, Map<object, string>>()

/**
 * What each function or class is for, within the one around it: the name that it is declared or kept under, or what it is passed to. Two
 * texts of a function often agree in nothing but that.
 */
export function labelsIn(model: Model): Map<object, string> {
  let labels = labelsByModel.get(model)
  if (!labels) {
    labels = collect(model)
    labelsByModel.set(model, labels)
  }
  return labels
}

function collect(model: Model): Map<object, string> {
  const labels = new Map<object, string>()
  const step = (node: AnyNode, path: string) => {
    const isLabelled = node.type.includes('Function') || /^Class(Declaration|Expression)$/.test(node.type)
    if (isLabelled) {
      const name = 'id' in node && node.id?.type === 'Identifier' ? node.id.name : ''
      labels.set(node, `${path} ${name}`)
    }
    const inner = isLabelled ? '' : path
    for (const child of childrenOf(node)) step(child, `${inner}${stepTo(model, node, child)}`)
  }
  step(model.parsed.program, '')
  return labels
}

function stepTo({ parsed }: Model, node: AnyNode, child: AnyNode): string {
  const words = (part: AnyNode) => wordsOf(parsed, part)
  switch (node.type) {
    case 'VariableDeclarator':
      return child === node.init ? `/${words(node.id)}` : ''
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return child === node.value ? `/${'kind' in node ? node.kind : ''} ${words(node.key)}:` : ''
    case 'AssignmentExpression':
      return child === node.right ? `/${words(node.left)}=` : ''
    case 'CallExpression':
    case 'NewExpression': {
      const { callee } = node
      const starts: number[] = node.arguments.map(({ start }) => start)
      const index = starts.indexOf(child.start)
      if (index < 0) return ''
      const literals = node.arguments.flatMap(argument => (argument.type === 'Literal' ? [argument.raw] : []))
      return `/${words(callee)}(${literals.join(',')})${index}`
    }
    case 'ReturnStatement':
      return '/return'
    case 'ArrowFunctionExpression':
      return child === node.body && node.expression ? '/return' : ''
    default:
      return ''
  }
}
