import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Following } from '../instrument/follow.ts'
import type { Names } from '../instrument/names.ts'
import type { Member } from '../model/model.ts'
import type { StaticField } from '../model/statics.ts'
import type { ClassCode, FunctionCode } from '../syntax/code.ts'

/** A part of a new text that is compiled in the scope of the living module. */
export type Element =
  /** Gives the successor of a function, or for one with captures what makes it. */
  | { kind: 'function'; code: FunctionCode; following: Following }
  /** Gives the property descriptor of a method: from the prototype of the object that it is for, or from what it captures. */
  | { kind: 'method'; code: FunctionCode; member: Member | null; following: Following }
  /** Gives a class with nothing but constructor and fields, from the class it extends. */
  | { kind: 'construction'; code: ClassCode }
  /** Gives a function that evaluates a static field, for the class that it is called on. */
  | { kind: 'static'; field: Pick<StaticField, 'name'> & { node: Valued } }
  /** Gives a function that evaluates a unit and sets its names. */
  | { kind: 'unit'; unit: UnitPiece }
  /** Gives a function that evaluates what is to be `module.exports`. */
  | { kind: 'exports'; unit: UnitPiece }
  /** Gives a function that evaluates an object of one property, which is to be one of `module.exports`. */
  | { kind: 'property'; unit: UnitPiece }

/** A part of the text with a value in it. */
type Valued = { start: number; end: number; value?: AnyNode | null }

/** The names by which a patch knows what it is given. */
export interface PatchNames extends Names {
  /** Variables that the living module has no place for. */
  annex: string
  /** What it imports that the living module does not. */
  imports: string
  descriptor: string
  meta: string
  home: string
  /** Classes of the module's scope, each by its slot. */
  classes: string
  newTarget: string
  /** What `super` is, as a function; and what makes an object to inherit from of it. */
  superOf: string
  inherit: string
}

/** How names of the new text are to be written where they are not variables of the living module. */
export interface Rewriting {
  names: PatchNames
  /** Whether a class of the new text lives: its own name, inside of it, means that one. */
  isLiving(slot: number): boolean
  /** Where a default export is held in the living module. */
  defaultExport: string
  /** The expression that stands for a name; `null` for a variable of the living module itself. */
  written(name: string): string | null
  /** The same for what the new text does not declare; `null` where the living module does not either. */
  global(name: string): string | null
}

/** The part of the text that an element takes. */
export function rangeOf(element: Element): { start: number; end: number } {
  switch (element.kind) {
    case 'function':
    case 'construction':
      return element.code.node
    case 'method':
      return element.member?.node ?? element.code.node
    case 'static':
      return element.field.node
    case 'unit':
    case 'property':
      return element.unit.unit.node
    case 'exports':
      return assigned(element.unit)
    default: {
      const unreachable: never = element
      throw new Error(`unknown element ${JSON.stringify(unreachable)}`)
    }
  }
}

/** What `module.exports = …` sets it to. */
function assigned({ unit: { node } }: UnitPiece): AnyNode {
  let value: AnyNode = node.type === 'ExpressionStatement' ? node.expression : node
  while (value.type === 'AssignmentExpression') value = value.right
  return value
}
