import { createHash } from 'node:crypto'

/** The names that an instrumented module has beside its own. */
export interface Names {
  /** The variable of a slot: `undefined` while calls are noted, 0 when the function runs as it is, else its successor. */
  slot(index: number): string
  /** Notes that the function of a slot runs, and sets the variable of a slot. Its name tells whose text it is: a closure is recognised by it. */
  note: string
  /** Tells which top-level statement runs, and that the last one has. */
  tell: string
  /** Calls or constructs a successor. */
  follow: string
  /** What a default export is held in that is no declaration. */
  defaultExport: string
  /** A door into the scope of a class. */
  classDoor(slot: number): string
  /** What was passed beyond the named parameters. */
  rest: string
  /** A parameter that is taken apart in the body. */
  parameter(index: number): string
  /** What a helper is given: the text to evaluate, or the value to assign. */
  value: string
}

/** Compiles text where it stands. Whatever name its parameter has, the variable of that name is hidden from the text. */
export const doorText = ({ value }: Names): string => `${value}=>eval(${value})`

/** Names that the text does not have in it. Always the same for the same text. */
export function namesFor(text: string): Names {
  let prefix = '$h'
  for (let count = 1; text.includes(prefix); count += 1) prefix = `$h${count}_`
  return {
    slot: index => `${prefix}${index}`,
    note: `${prefix}n${createHash('sha256').update(text).digest('hex').slice(0, 8)}`,
    tell: `${prefix}t`,
    follow: `${prefix}f`,
    defaultExport: `${prefix}d`,
    classDoor: slot => `${prefix}c${slot}`,
    rest: `${prefix}r`,
    parameter: index => `${prefix}p${index}`,
    value: `${prefix}v`,
  }
}
