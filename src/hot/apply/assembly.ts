import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { Difference } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Member, Piece } from '../model/model.ts'
import type { StaticField } from '../model/statics.ts'
import type { ClassRecord, Target, WorldModule } from '../plan/world.ts'
import type { ClassCode } from '../syntax/code.ts'
import type { Element } from './elements.ts'

/** What is to be done with what an element gives. `home` is the class of the module's scope that it is in. */
export type Installation =
  /** The successor of a function. */
  | { do: 'follow'; element: Element; targets: Target[]; home: ClassRecord | null }
  /** A method that a class did not have. */
  | { do: 'add-member'; element: Element; home: ClassRecord; member: Member }
  /** Evaluates a static field, where the statement of its class stands. */
  | { do: 'static'; element: Element; home: ClassRecord; field: StaticField; unit: UnitPiece }
  /** Gives a field to instances that live; `known` are those that the class has given them. */
  | { do: 'complete'; element: Element; home: ClassRecord; name: string; known: string[] }
  /** Evaluates a unit. */
  | { do: 'evaluate'; element: Element; unit: UnitPiece }

/** A closure that cannot be followed: none of it may be alive. */
export interface Stranded {
  module: string
  line: number
  marker: string
  why: string
}

/** What functions of some text are to have as their `length`: who is given a function may look at that. */
export interface Arity {
  marker: string
  length: number
}

/** A text of a function that the new version has no successor for. */
export interface GoneCode {
  target: Target
  /** In the old text of its module. */
  offset: number
  /** As text. */
  place: string
}

/** What one module's upgrade consists of. */
export interface Assembly {
  installations: Installation[]
  removedMembers: { home: ClassRecord; member: Member }[]
  removedStatics: { home: ClassRecord; field: StaticField }[]
  /** The living classes of the module's scope, by their new text. */
  classes: Map<ClassCode, ClassRecord>
  stranded: Stranded[]
  arities: Arity[]
  gone: GoneCode[]
  /** What earlier upgrades have put behind functions that are stranded: nobody has it but those. */
  successors: Set<unknown>
  reasons: HotReason[]
  notes: string[]
}

/** A module that differs, while what it takes is being listed. */
export interface Assembling {
  module: WorldModule
  difference: Difference
  assembly: Assembly
  /** Functions and constructors of the new text that are made anew. */
  renewed: Set<Piece>
}
