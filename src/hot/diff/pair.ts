import type { Model, Piece } from '../model/model.ts'
import { labelsIn } from './labels.ts'

/** Those with the same key, in order. */
export function pairByKey<Some extends Piece>(
  left: Some[],
  right: Some[],
  keyOf: (piece: Some) => string,
): [Some, Some][] {
  const there = Map.groupBy(right, keyOf)
  return left.flatMap((piece): [Some, Some][] => {
    const other = there.get(keyOf(piece))?.shift()
    return other ? [[piece, other]] : []
  })
}

/** Those that are there for the same, where there is no doubt which they are. */
export function pairUnique(
  left: Piece[],
  right: Piece[],
  { before, after }: { before: Model; after: Model },
): [Piece, Piece][] {
  const there = uniqueByLabel(right, after)
  return [...uniqueByLabel(left, before)].flatMap(([label, piece]): [Piece, Piece][] => {
    const other = there.get(label)
    return other ? [[piece, other]] : []
  })
}

function uniqueByLabel(pieces: Piece[], model: Model): Map<string, Piece> {
  const labels = labelsIn(model)
  const unique = new Map<string, Piece>()
  const groups = Map.groupBy(pieces, piece =>
    piece.kind === 'unit' ? '' : `${piece.kind} ${labels.get(piece.code.node)}`,
  )
  for (const [label, [piece, ...more]] of groups) if (piece && more.length === 0) unique.set(label, piece)
  return unique
}
