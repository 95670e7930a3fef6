import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { childrenOf, startOf, type Variable } from '../syntax/parse.ts'

/** How the text of a module hangs together. */
export interface TextIndex {
  parents: Map<AnyNode, AnyNode>
  /** Variables by where they are declared, and where they are used. */
  variables: Map<number, Variable>
}

const indexByModel = new WeakMap<Model, TextIndex>()

export function indexOf(model: Model): TextIndex {
  let index = indexByModel.get(model)
  if (!index) {
    index = { parents: parentsOf(model), variables: variablesOf(model) }
    indexByModel.set(model, index)
  }
  return index
}

function parentsOf({ parsed }: Model): Map<AnyNode, AnyNode> {
  const parents = new Map<AnyNode, AnyNode>()
  const step = (node: AnyNode) => {
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      step(child)
    }
  }
  step(parsed.program)
  return parents
}

function variablesOf({ parsed }: Model): Map<number, Variable> {
  const variables = new Map<number, Variable>()
  for (const { variables: declared } of parsed.scopes.scopes)
    for (const variable of declared)
      for (const identifier of variable.identifiers) variables.set(startOf(identifier), variable)
  for (const { identifier, resolved } of parsed.references)
    if (resolved) variables.set(startOf(identifier), resolved)
  return variables
}

export function isFunction(node: AnyNode): node is FunctionSyntax {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  )
}

/** The function that an expression stands in. */
export function functionAround({ parents }: TextIndex, node: AnyNode): FunctionSyntax | null {
  for (let each = parents.get(node); each; each = parents.get(each)) if (isFunction(each)) return each
  return null
}

/** What a variable was declared with, if it is never set to anything else: a function, a class, or what stands behind its `=`. */
export function declaredWith(variable: Variable): AnyNode | null {
  const [definition, other] = variable.defs
  if (definition === undefined || other !== undefined) return null
  if (variable.references.some(reference => reference.isWrite() && reference.init !== true)) return null
  const node = definition.node as AnyNode
  if (definition.type === 'FunctionName' || definition.type === 'ClassName') return node
  return node.type === 'VariableDeclarator' && node.id.type === 'Identifier' ? (node.init ?? null) : null
}

/** Whether a function can be given more than its parameters tell. */
export function takesArguments({ codes }: Model, node: FunctionSyntax): boolean {
  if (node.type === 'ArrowFunctionExpression') return false
  const code = codes.find(each => each.node === node)
  return code === undefined || (code.kind === 'function' && code.uses.has('arguments'))
}

/** The innermost function at a place of the text. */
export function functionAt({ codes }: Model, offset: number): FunctionSyntax | null {
  const around = codes.filter(
    ({ node, kind }) => kind === 'function' && node.start <= offset && offset < node.end,
  )
  const innermost = around.toSorted((a, b) => b.node.start - a.node.start)[0]
  return innermost?.kind === 'function' ? innermost.node : null
}
