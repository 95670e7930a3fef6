import { type Journal, setProperty } from '../apply/undo.ts'
import { closuresOf } from './closures.ts'
import type { Prepared } from './prepared.ts'

/** A function that is to have another `length`. */
export interface OtherArity {
  closure: WeakRef<object>
  length: number
}

/** All functions that live and go on with code that takes another number of parameters. */
export async function findArities({ assemblies }: Prepared): Promise<OtherArity[]> {
  const arities = [...assemblies.values()].flatMap(assembly => assembly.arities)
  if (arities.length === 0) return []
  const wanted = new Map(arities.map(({ marker, length }) => [marker, length]))
  const found = await closuresOf(wanted, new Set())
  return found.flatMap(({ marker, closures }) => {
    const length = wanted.get(marker)
    return length === undefined ? [] : closures.map(closure => ({ closure, length }))
  })
}

export function setArities(arities: OtherArity[], journal: Journal): void {
  for (const { closure, length } of arities) {
    const living = closure.deref()
    const known = living && Object.getOwnPropertyDescriptor(living, 'length')
    if (living && known?.configurable) setProperty(living, 'length', { ...known, value: length }, journal)
  }
}
