import type { AnyNode, Pattern } from 'acorn'
import type { Model, Piece } from '../model/model.ts'
import { type Following, follow, note, type Path, take, type Use } from './follow-value.ts'
import { readsIn } from './reads.ts'
import { indexOf } from './text-index.ts'

const usesByModel = new WeakMap<Model, KeptUse[]>()

/** How something is used that comes from what a read begins with. */
export interface KeptUse extends Use {
  read: ReturnType<typeof readsIn>[number]
}

/** Every use in a module, also by way of local variables, in the functions of a piece itself. */
export function keptUsesOf(model: Model, piece: Piece): KeptUse[] {
  let uses = usesByModel.get(model)
  if (!uses) {
    uses = readsIn(model).flatMap(read => {
      const into = following(model)
      follow(into, read.node, [])
      const own: Use = { offset: read.offset, path: read.path, end: read.end, to: null }
      return [own, ...into.uses].map(use => ({ ...use, read }))
    })
    usesByModel.set(model, uses)
  }
  const inside = (offset: number, { ranges }: Piece) =>
    ranges.some(({ start, end }) => offset >= start && offset < end)
  return uses.filter(
    ({ offset }) => inside(offset, piece) && !piece.children.some(child => inside(offset, child)),
  )
}

/** What a function does with what it is given for a parameter. */
export function usesOfParameter(model: Model, parameter: Pattern, path: Path): Use[] {
  const into = following(model)
  take(into, parameter, path)
  return into.uses
}

/** What becomes of what an expression gives. */
export function usesOfResult(model: Model, node: AnyNode, path: Path): Use[] {
  const into = following(model)
  note(into, node, path)
  follow(into, node, path)
  return into.uses
}

const following = (model: Model): Following => ({
  model,
  index: indexOf(model),
  uses: [],
  seen: new Set(),
})
