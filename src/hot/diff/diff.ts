import type { Member, Model, Piece } from '../model/model.ts'
import type { StaticField } from '../model/statics.ts'
import {
  type ClassPiece,
  type ConstructorPiece,
  type FunctionPiece,
  type MatchedUnits,
  matchUnits,
  type UnitPiece,
} from './match.ts'
import { pairByKey, pairUnique, pairWholes, wholeOf } from './pair.ts'
import { compareStatics, type StaticChange } from './statics.ts'

/** A class that has other members now, or evaluates something else where it stands. */
export interface ClassDifference {
  before: ClassPiece
  after: ClassPiece
  unit: UnitPiece
  removed: Member[]
  added: Member[]
  /** Static fields that can be set by themselves. */
  statics: StaticChange[]
  /** Its heritage, static blocks, or other static fields. */
  evaluatesOther: boolean
  /** Members that never ask for a successor, and changed. */
  unfollowed: Member[]
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
  /** Functions and classes whose surroundings changed, and that have none like them there now. */
  orphans: (FunctionPiece | ClassPiece)[]
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
    pairAlike(before, after, unit, found)
  } else if (before.kind === 'constructor' && after.kind === 'constructor') {
    found.constructors.push({ before, after, unit })
    pairAlike(before, after, unit, found)
  } else if (before.kind === 'class' && after.kind === 'class') {
    compareClasses(before, after, unit, found)
  } else if (before.kind === 'unit' && after.kind === 'unit') {
    const one = definedBy(before)
    const other = definedBy(after)
    if (one && other && one.kind === other.kind) comparePieces(one, other, unit, found)
    else {
      found.units.push({ before, after })
      pairAlike(
        one?.kind === 'function' && other === null ? without(before, one) : before,
        after,
        unit,
        found,
      )
    }
  }
}

/** A function that is computed now has what is computed for its successor, and not a function inside of that which has its text. */
const without = (unit: UnitPiece, gone: Piece): UnitPiece => ({
  ...unit,
  children: unit.children.flatMap(child => (child === gone ? gone.children : [child])),
})

function compareClasses(before: ClassPiece, after: ClassPiece, unit: UnitPiece, found: Difference): void {
  const left = new Map(before.members.map(member => [member.signature, member]))
  const added: Member[] = []
  const unfollowed: Member[] = []
  const [one] = before.children
  const [other] = after.children
  if (one && other) comparePieces(one, other, unit, found)
  for (const member of after.members) {
    const known = left.get(member.signature)
    left.delete(member.signature)
    if (known === undefined) added.push(member)
    else if (known.piece && member.piece) comparePieces(known.piece, member.piece, unit, found)
    else if (known.shell !== member.shell) unfollowed.push(member)
  }
  const { changed, same: sameFields, reordered } = compareStatics(before, after)
  for (const fields of sameFields) compareFields(fields.before, fields.after, unit, found)
  const evaluatesOther = before.residue !== after.residue || reordered
  const others = othersIn(after)
  for (const [index, piece] of othersIn(before).entries()) {
    const same = others[index]
    if (same && !evaluatesOther) comparePieces(piece, same, unit, found)
  }
  found.classes.push({
    before,
    after,
    unit,
    removed: [...left.values()],
    added,
    statics: changed,
    evaluatesOther,
    unfollowed,
  })
}

function compareFields(before: StaticField, after: StaticField, unit: UnitPiece, found: Difference): void {
  for (const [index, piece] of before.children.entries()) {
    const same = after.children[index]
    if (same) comparePieces(piece, same, unit, found)
  }
}

/** Functions in static blocks, in what a class extends, and in the names of its members. */
function othersIn({ children, members, statics }: ClassPiece): Piece[] {
  const pieces = new Set<Piece | null>(members.map(({ piece }) => piece))
  for (const field of statics) for (const piece of field.children) pieces.add(piece)
  return children.filter(child => child.kind !== 'constructor' && !pieces.has(child))
}

/** The function or class that a unit gives a name to. What is written as `function f() {}` may become `const f = () => {}`. */
export function definedBy(piece: UnitPiece): Piece | null {
  const value = valueIn(piece)
  return (
    piece.children.find(
      child => (child.kind === 'function' || child.kind === 'class') && child.code.node === value,
    ) ?? null
  )
}

/** What a unit declares or exports. */
function valueIn({ unit: { node, exporting } }: UnitPiece) {
  if (exporting && 'value' in exporting) return exporting.value
  return node.type === 'VariableDeclarator' ? node.init : node
}

function sameKinds(before: Piece, after: Piece): boolean {
  return (
    before.children.length === after.children.length &&
    before.children.every((child, index) => child.kind === after.children[index]?.kind)
  )
}

/**
 * In code that changed, functions are known by their text: one that is still there is the same. If none has its text, the one that is there
 * for the same is its successor.
 */
function pairAlike(before: Piece, after: Piece, unit: UnitPiece, found: Difference): void {
  const isOpen = (piece: Piece) => !found.origin.has(piece)
  const known = new Set<Piece>()
  for (const [one, other] of pairWholes(before.children, after.children, found)) {
    pairWhole(one, other, found)
    known.add(one)
  }
  const left = before.children.filter(child => !known.has(child))
  const right = isMadeByCall(before) ? [] : after.children.filter(isOpen)
  for (const [one, other] of pairUnique(left, right, found)) {
    comparePieces(one, other, unit, found)
    known.add(one)
  }
  const gone = left.flatMap(child => (known.has(child) ? [] : codeWithin(child)))
  const there = after.children.flatMap(codeWithin)
  const moved = new Set<Piece>()
  for (const [one, other] of pairByKey(gone.filter(isFree), there.filter(isFree), wholeOf)) {
    // What is inside of one that has moved has moved with it.
    if (moved.has(one) || !isOpen(other)) continue
    pairWhole(one, other, found)
    for (const inner of codeWithin(one)) moved.add(inner)
  }
  found.orphans.push(...gone.filter(piece => !moved.has(piece)))
}

/** What a call was given belongs to what that has made: the definition of a process, say, which may outlive the one that follows. */
function isMadeByCall(piece: Piece): boolean {
  if (piece.kind !== 'unit') return false
  const value = valueIn(piece)
  return (
    value?.type === 'CallExpression' || value?.type === 'AwaitExpression' || value?.type === 'NewExpression'
  )
}

/** All functions and classes of a piece, itself included. */
function codeWithin(piece: Piece): (FunctionPiece | ClassPiece)[] {
  const own = piece.kind === 'function' || piece.kind === 'class' ? [piece] : []
  return [...own, ...piece.children.flatMap(codeWithin)]
}

/** Methods stay with their class. */
const isFree = (piece: FunctionPiece | ClassPiece) => piece.kind === 'class' || piece.code.owner === null

function pairWhole(before: Piece, after: Piece, found: Difference): void {
  found.origin.set(after, before)
  found.same.push({ before, after })
  for (const [index, child] of before.children.entries()) {
    const other = after.children[index]
    if (other) pairWhole(child, other, found)
  }
}
