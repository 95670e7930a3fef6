import type { ClassRecord } from '../plan/world.ts'
import type { Door } from '../runtime/registry.ts'

/** A constructor with what is on it. */
export type AnyClass = { prototype: object } & (new (...args: never[]) => object)

/** Whether a class is there: one that stands behind a condition may not be. */
export const isEvaluated = ({ texts }: ClassRecord): boolean => texts.some(({ door }) => door() !== null)

/** The door into a class of the module's scope. */
export function doorOf({ texts }: ClassRecord): Door {
  for (const { door } of texts.toReversed()) {
    const found = door()
    if (found) return found
  }
  throw new Error('a class that has not been evaluated')
}

export const livingClass = (record: ClassRecord): AnyClass => doorOf(record)('this') as AnyClass
