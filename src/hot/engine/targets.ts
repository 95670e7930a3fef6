import type { CompiledPatch } from '../apply/compile.ts'
import type { Model } from '../model/model.ts'
import type { ClassText, Target } from '../plan/world.ts'

/** Where a function of a patch asks for its successor. */
export function targetOf(
  slot: number,
  write: Target['write'],
  model: Model,
  marker: (slot: number) => string,
): Target {
  return {
    write,
    slot,
    following: () => model.following[slot] ?? { how: 'not' },
    marker: () => marker(slot),
    successor: 0,
  }
}

/** A class that a patch evaluates. */
export const classTextOf = (slot: number, { patch, doors }: CompiledPatch): ClassText => ({
  door: () => doors[slot]?.() ?? null,
  marker: () => patch.marker(slot),
})
