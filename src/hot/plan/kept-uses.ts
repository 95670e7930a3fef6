import type { AnyNode, Pattern } from 'acorn'
import type { Model, Piece } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { childrenOf } from '../syntax/parse.ts'
import type { Way } from './follow-path.ts'
import { createFollowing } from './follow-value.ts'
import { ancestors, note, type Use } from './following.ts'
import { hasOwnThis } from './own-this.ts'
import { readsIn, readsOfOwnClass, standsIn } from './reads.ts'
import { functionAt } from './text-index.ts'

const usesByModel = new WeakMap<Model, KeptUse[]>()

/** How something is used that comes from what a read begins with. */
export interface KeptUse extends Use {
  read: ReturnType<typeof readsIn>[number]
}

/** Every use in a module, also by way of local variables, in the functions of a piece itself. */
export function keptUsesOf(model: Model, piece: Piece): KeptUse[] {
  const isOwn = standsIn(piece)
  return allKeptUses(model).filter(({ offset }) => isOwn(offset))
}

/** The same in the body of a function, without the functions inside of it. */
export function keptUsesInside(model: Model, body: AnyNode): KeptUse[] {
  return allKeptUses(model).filter(
    ({ offset }) => offset >= body.start && offset < body.end && functionAt(model, offset)?.body === body,
  )
}

function allKeptUses(model: Model): KeptUse[] {
  let uses = usesByModel.get(model)
  if (!uses) {
    const own = readsOfOwnClass(model, node => ancestors(createFollowing(model), node))
    uses = [...readsIn(model), ...own].flatMap(read => {
      const into = createFollowing(model)
      into.follow(read.node, [])
      const { offset, path, end } = read
      const own: Use = { offset, path, way: path, end, to: null }
      return [own, ...into.uses].map(use => ({ ...use, read }))
    })
    usesByModel.set(model, uses)
  }
  return uses
}

/** What a function does with what it is given for a parameter. */
export function usesOfParameter(model: Model, parameter: Pattern, path: Way): Use[] {
  const into = createFollowing(model)
  into.take(parameter, path)
  return into.uses
}

/** What a function does with what it is called on. */
export function usesOfThis(model: Model, called: FunctionSyntax, path: Way): Use[] {
  const into = createFollowing(model)
  const step = (node: AnyNode) => {
    if (node.type === 'ThisExpression') {
      note(into, node, path)
      into.follow(node, path)
    }
    if (node !== called && hasOwnThis(node)) return
    childrenOf(node).forEach(step)
  }
  // An arrow function has that of the function around it, whatever it is called on.
  if (called.type !== 'ArrowFunctionExpression') step(called)
  return into.uses
}

/** What becomes of what an expression gives. */
export function usesOfResult(model: Model, node: AnyNode, path: Way): Use[] {
  const into = createFollowing(model)
  note(into, node, path)
  into.follow(node, path)
  return into.uses
}
