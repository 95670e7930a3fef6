import type { Drains } from './drains.ts'
import type { Generation } from './generation.ts'
import type { ParentState } from './parent-types.ts'

/** The generations there are, by what they do. */
export interface Generations {
  active: Generation | null
  /** Boots, or is about to take over. */
  incoming: Generation | null
  /** Stands aside, and may have to come back. */
  parked: Generation | null
  /** Oldest first. */
  draining: Generation[]
}

export function generationsOf(state: ParentState, drains: Drains): Generations {
  return {
    active: state.state === 'serving' || state.state === 'upgrading' ? state.active : null,
    incoming: state.state === 'starting' || state.state === 'upgrading' ? state.incoming : null,
    parked: (state.state === 'upgrading' && state.baking?.parked) || null,
    draining: drains.list(),
  }
}

/** All of them, oldest first. */
export const allOf = ({ active, incoming, parked, draining }: Generations): Generation[] => [
  ...new Set([...draining, parked, active, incoming].filter(generation => generation !== null)),
]
