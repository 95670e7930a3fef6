import type { Model, Piece } from '../model/model.ts'

export type UnitPiece = Extract<Piece, { kind: 'unit' }>
export type FunctionPiece = Extract<Piece, { kind: 'function' }>
export type ClassPiece = Extract<Piece, { kind: 'class' }>
export type ConstructorPiece = Extract<Piece, { kind: 'constructor' }>

/** The units of two texts of a module, side by side. */
export interface MatchedUnits {
  pairs: { before: UnitPiece; after: UnitPiece }[]
  removed: UnitPiece[]
  added: UnitPiece[]
}

/** What declares the same names, or sets the same exports, is the same unit; any other is known by its text. */
export function matchUnits(before: Model, after: Model): MatchedUnits {
  const pairs: MatchedUnits['pairs'] = []
  const left = new Set(unitPieces(before))
  const right = new Set(unitPieces(after))
  const pair = (one: UnitPiece, other: UnitPiece) => {
    pairs.push({ before: one, after: other })
    left.delete(one)
    right.delete(other)
  }
  const byNames = new Map<string, UnitPiece[]>()
  for (const piece of [...left].filter(isNamed)) {
    const key = nameKey(piece)
    byNames.set(key, [...(byNames.get(key) ?? []), piece])
  }
  // What is declared or set more than once is known by the order.
  for (const piece of [...right].filter(isNamed)) {
    const same = byNames.get(nameKey(piece))?.shift()
    if (same) pair(same, piece)
  }
  // `const { a } = load()` may have become `const { a, b } = load()`.
  for (const piece of [...right].filter(isNamed)) {
    const overlapping = [...left].find(
      other =>
        isNamed(other) &&
        other.unit.kind === piece.unit.kind &&
        other.unit.names.some(name => piece.unit.names.includes(name)),
    )
    if (overlapping) pair(overlapping, piece)
  }
  const others = [...left].filter(piece => !isNamed(piece))
  for (const [one, other] of commonSubsequence(
    others,
    [...right].filter(piece => !isNamed(piece)),
  ))
    pair(one, other)
  pairs.sort((a, b) => startOf(a.after) - startOf(b.after))
  return { pairs, removed: [...left], added: [...right] }
}

const unitPieces = (model: Model) => model.units.filter(piece => piece.kind === 'unit')
const startOf = (piece: Piece) => piece.ranges[0]?.start ?? 0

function isNamed({ unit }: UnitPiece): boolean {
  return unit.kind !== 'effect'
}

/** An export of CommonJS and a variable may have the same name. */
function nameKey({ unit }: UnitPiece): string {
  if (unit.exporting?.how === 'passed-on') return `export * ${unit.exporting.request}`
  return `${unit.kind === 'export' ? 'export ' : ''}${unit.names.join(',')}`
}

/** The longest sequence of statements that both have, in order. */
function commonSubsequence(left: UnitPiece[], right: UnitPiece[]): [UnitPiece, UnitPiece][] {
  const lengths = left.map(() => new Uint32Array(right.length + 1))
  lengths.push(new Uint32Array(right.length + 1))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = left.length - 1; i >= 0; i -= 1) {
    const row = lengths[i]
    for (let j = right.length - 1; row && j >= 0; j -= 1)
      row[j] =
        left[i]?.shell === right[j]?.shell ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const pairs: [UnitPiece, UnitPiece][] = []
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const [one, other] = [left[i], right[j]]
    if (one && other && one.shell === other.shell) {
      pairs.push([one, other])
      i += 1
      j += 1
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return pairs
}
