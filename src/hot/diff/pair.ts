import type { Model, Piece } from '../model/model.ts'
import { labelsIn } from './labels.ts'

/** Those with the same key, in order. */
export function pairByKey<Some extends Piece>(
  left: Some[],
  right: Some[],
  keyOf: (piece: Some, isLeft: boolean) => string,
): [Some, Some][] {
  const there = Map.groupBy(right, piece => keyOf(piece, false))
  return left.flatMap((piece): [Some, Some][] => {
    const other = there.get(keyOf(piece, true))?.shift()
    return other ? [[piece, other]] : []
  })
}

/** A piece with all that is inside it, as text. */
export function wholeOf(piece: Piece): string {
  const role = piece.kind === 'function' ? piece.code.role : ''
  return [piece.kind, role, piece.shell, ...piece.children.map(wholeOf)].join('\x02')
}

/** Those with the same text; of several, those first that are there for the same as well. */
export function pairWholes(
  left: Piece[],
  right: Piece[],
  { before, after }: { before: Model; after: Model },
): [Piece, Piece][] {
  const pairs = pairByKey(left, right, (piece, isLeft) => labelled(piece, isLeft ? before : after))
  const [ones, others] = [new Set(pairs.map(([one]) => one)), new Set(pairs.map(([, other]) => other))]
  const isOpen = (piece: Piece) => !ones.has(piece) && !others.has(piece)
  return [...pairs, ...pairByKey(left.filter(isOpen), right.filter(isOpen), wholeOf)]
}

function labelled(piece: Piece, model: Model): string {
  return `${wholeOf(piece)}\x02${piece.kind === 'unit' ? '' : labelsIn(model).get(piece.code.node)}`
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
