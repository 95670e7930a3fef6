import type { Member, Model, Piece } from '../model/model.ts'
import { type MatchedUnits, matchUnits, type UnitPiece } from './match.ts'

export type FunctionPiece = Extract<Piece, { kind: 'function' }>
export type ClassPiece = Extract<Piece, { kind: 'class' }>
export type ConstructorPiece = Extract<Piece, { kind: 'constructor' }>

/** A class that has other members now, or evaluates something else where it stands. */
export interface ClassDifference {
  before: ClassPiece
  after: ClassPiece
  unit: UnitPiece
  removed: Member[]
  added: Member[]
  /** Its heritage, static fields or static blocks. */
  evaluatesOther: boolean
}

/** Two texts of a module, compared. */
export interface Difference extends MatchedUnits {
  before: Model
  after: Model
  /** Functions that are the same but for what is inside them, and may be compared further there: their successors are themselves. */
  same: { before: Piece; after: Piece }[]
  /** Functions whose own code changed. */
  functions: { before: FunctionPiece; after: FunctionPiece; unit: UnitPiece }[]
  constructors: { before: ConstructorPiece; after: ConstructorPiece; unit: UnitPiece }[]
  /** Classes that gained, lost or renamed members, or changed what is evaluated with them. */
  classes: ClassDifference[]
  /** Variables, exports and effects whose own code changed. */
  units: { before: UnitPiece; after: UnitPiece }[]
  /** Functions whose surroundings changed, and that have none like them there now. */
  orphans: FunctionPiece[]
  /** What each piece of the new text was in the old one. */
  origin: Map<Piece, Piece>
}

export function diff(before: Model, after: Model): Difference {
  const difference: Difference = {
    ...matchUnits(before, after),
    before,
    after,
    same: [],
    functions: [],
    constructors: [],
    classes: [],
    units: [],
    orphans: [],
    origin: new Map(),
  }
  for (const pair of difference.pairs) comparePieces(pair.before, pair.after, pair.after, difference)
  return difference
}

function comparePieces(before: Piece, after: Piece, unit: UnitPiece, found: Difference): void {
  found.origin.set(after, before)
  if (before.shell === after.shell && sameKinds(before, after)) {
    found.same.push({ before, after })
    for (const [index, child] of before.children.entries()) {
      const other = after.children[index]
      if (other) comparePieces(child, other, unit, found)
    }
    return
  }
  if (before.kind === 'function' && after.kind === 'function') {
    found.functions.push({ before, after, unit })
    pairAlike(before, after, found)
  } else if (before.kind === 'constructor' && after.kind === 'constructor') {
    found.constructors.push({ before, after, unit })
    pairAlike(before, after, found)
  } else if (before.kind === 'class' && after.kind === 'class') {
    compareClasses(before, after, unit, found)
  } else if (before.kind === 'unit' && after.kind === 'unit') {
    const one = definedBy(before)
    const other = definedBy(after)
    if (one && other && one.kind === other.kind) comparePieces(one, other, unit, found)
    else {
      found.units.push({ before, after })
      pairAlike(before, after, found)
    }
  }
}

function compareClasses(before: ClassPiece, after: ClassPiece, unit: UnitPiece, found: Difference): void {
  const left = new Map(before.members.map(member => [member.signature, member]))
  const added: Member[] = []
  const [one] = before.children
  const [other] = after.children
  if (one && other) comparePieces(one, other, unit, found)
  for (const member of after.members) {
    const known = left.get(member.signature)
    left.delete(member.signature)
    if (known === undefined) added.push(member)
    else if (known.piece && member.piece) comparePieces(known.piece, member.piece, unit, found)
  }
  const evaluatesOther = before.residue !== after.residue
  found.classes.push({ before, after, unit, removed: [...left.values()], added, evaluatesOther })
}

/** The function or class that a unit gives a name to. What is written as `function f() {}` may become `const f = () => {}`. */
function definedBy(piece: UnitPiece): Piece | null {
  const { node, exporting } = piece.unit
  const own = node.type === 'VariableDeclarator' ? node.init : node
  const value = exporting && 'value' in exporting ? exporting.value : own
  return (
    piece.children.find(
      child => (child.kind === 'function' || child.kind === 'class') && child.code.node === value,
    ) ?? null
  )
}

function sameKinds(before: Piece, after: Piece): boolean {
  return (
    before.children.length === after.children.length &&
    before.children.every((child, index) => child.kind === after.children[index]?.kind)
  )
}

/** In code that changed, functions are known by their text alone: one that is still there is the same. */
function pairAlike(before: Piece, after: Piece, found: Difference): void {
  const there = new Map<string, Piece[]>()
  const collect = (piece: Piece) => {
    for (const child of piece.children) {
      const key = wholeOf(child)
      there.set(key, [...(there.get(key) ?? []), child])
      collect(child)
    }
  }
  collect(after)
  const look = (piece: Piece) => {
    for (const child of piece.children) {
      const other = there.get(wholeOf(child))?.shift()
      if (other) pairWhole(child, other, found)
      else {
        if (child.kind === 'function') found.orphans.push(child)
        look(child)
      }
    }
  }
  look(before)
}

function pairWhole(before: Piece, after: Piece, found: Difference): void {
  found.origin.set(after, before)
  found.same.push({ before, after })
  for (const [index, child] of before.children.entries()) {
    const other = after.children[index]
    if (other) pairWhole(child, other, found)
  }
}

/** A piece with all that is inside it, as text. */
function wholeOf(piece: Piece): string {
  return [piece.kind, piece.shell, ...piece.children.map(wholeOf)].join('\x02')
}
