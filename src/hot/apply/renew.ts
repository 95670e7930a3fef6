import type { Piece } from '../model/model.ts'
import type { Code } from '../syntax/code.ts'
import type { Assembling } from './assembly.ts'

/**
 * What cannot be followed where it is has to come from what is around it: that is made anew, though it did not change itself, so that it
 * makes the new one from now on.
 *
 * @param why it cannot be followed.
 * @returns whether closures of it may be none there any more; `false` where that is settled.
 */
export function renewAround(into: Assembling, code: Code, why: string): boolean {
  const path = pathTo(into.difference.after.units, code)
  if (renewIn(into, path)) return true
  const unit = path.at(0)
  // A unit that changed is evaluated anew.
  if (!into.difference.units.some(({ after }) => after === unit)) refuse(into, code, why)
  return false
}

/** Has what makes a function make it from its new text, if that is a function itself. */
export function renewMaker(into: Assembling, code: Code): void {
  renewIn(into, pathTo(into.difference.after.units, code))
}

function renewIn(into: Assembling, path: Piece[]): boolean {
  const around = path.findLast(piece => piece.kind === 'function' || piece.kind === 'constructor')
  if (around === undefined) return false
  into.renewed.add(around)
  return true
}

/** Those that a function or class is in, from the outside in. */
function pathTo(pieces: Piece[], code: Code): Piece[] {
  const { start, end } = code.node
  const holds = (piece: Piece) =>
    piece.ranges.some(range => range.start <= start && range.end >= end) && !isPieceOf(piece, code)
  const piece = pieces.find(holds)
  return piece ? [piece, ...pathTo(piece.children, code)] : []
}

const isPieceOf = (piece: Piece, code: Code) =>
  (piece.kind === 'function' || piece.kind === 'class') && piece.code === code

function refuse({ module, difference, assembly }: Assembling, code: Code, why: string): void {
  assembly.reasons.push({
    module: module.key,
    line: difference.after.line(code.node.start),
    message: `the function here is in use, and would go on with the old code: ${why}`,
    remedy: 'Give what changed so much another name, or use `upgrade()`.',
    allow: null,
  })
}
