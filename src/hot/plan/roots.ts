import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import { startOf, type Variable } from '../syntax/parse.ts'

/** What an expression such as `a.b().c` begins with. */
export type Root =
  /** A variable of the module's scope, an import included. */
  | { kind: 'top'; name: string }
  /** A variable of a function or a block, or `this`. */
  | { kind: 'local'; name: string }
  | { kind: 'global'; name: string }
  /** What the expression itself has made: a literal, or what a call gives. */
  | { kind: 'fresh' }

export function rootIn(model: Model, node: AnyNode): Root {
  switch (node.type) {
    case 'MemberExpression':
      return rootIn(model, node.object)
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return rootIn(model, node.expression)
    case 'AwaitExpression':
      return rootIn(model, node.argument)
    case 'ThisExpression':
    case 'Super':
      return { kind: 'local', name: 'this' }
    case 'Identifier': {
      const resolved = resolvedIn(model, node)
      if (resolved === null) return { kind: 'global', name: node.name }
      return { kind: resolved.scope === model.parsed.scope ? 'top' : 'local', name: node.name }
    }
    default:
      return { kind: 'fresh' }
  }
}

const resolvedByModel = new WeakMap<Model, Map<number, Variable | null>>()

function resolvedIn(model: Model, node: AnyNode): Variable | null {
  let known = resolvedByModel.get(model)
  if (!known) {
    known = new Map(
      model.parsed.references.map(({ identifier, resolved }) => [startOf(identifier), resolved ?? null]),
    )
    resolvedByModel.set(model, known)
  }
  return known.get(node.start) ?? null
}
