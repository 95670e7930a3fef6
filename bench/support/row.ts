import type { Scope } from '../../test/support/scope.ts'

/** A limit of DESIGN.md, section 7. */
type Budget = { max: number } | { min: number }

/** One line of the table. */
export interface Measurement {
  what: string
  figure: number
  /** Of the figure; none for a ratio. */
  unit?: string
  /** Digits after the point that the figure is worth. */
  digits: number
  /** `null` where the figure is there for orientation. */
  budget: Budget | null
  /** How the figure came about, for those who doubt it. */
  details: string[]
}

export interface RowContext {
  /** Ends what the row started. */
  scope: Scope
  /** What `--rounds` says, or the row's own number. */
  rounds(own: number): number
  long: boolean
  /** Tells people what is being done. */
  progress(text: string): void
}

export interface Row {
  name: string
  run(context: RowContext): Promise<Measurement[]>
}

/** `null` where there is no budget. */
export function isMet({ figure, budget }: Measurement): boolean | null {
  if (budget === null) return null
  return 'max' in budget ? figure <= budget.max : figure >= budget.min
}
