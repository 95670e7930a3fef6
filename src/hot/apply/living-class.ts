import type { ClassRecord } from '../plan/world.ts'
import type { Door } from '../runtime/registry.ts'

/** A constructor with what is on it. */
export type AnyClass = { prototype: object } & (new (...args: never[]) => object)

/** The door into a class of the module's scope. */
export function doorOf({ texts }: ClassRecord): Door {
  for (const { door } of texts.toReversed()) {
    const found = door()
    if (found) return found
  }
  throw new Error('a class that has not been evaluated')
}

export const livingClass = (record: ClassRecord): AnyClass => doorOf(record)('this') as AnyClass
