import type { CompiledPatch } from '../apply/compile.ts'
import type { Following } from '../instrument/follow.ts'
import type { Model } from '../model/model.ts'
import { constantOf } from '../plan/slices.ts'
import type { ClassText, Target } from '../plan/world.ts'
import type { WriteSlot } from '../runtime/registry.ts'
import type { Capture } from '../syntax/captures.ts'

/**
 * Where a function of a patch asks for its successor. The patch is held weakly, and its text not at all: once nobody can call any of its
 * functions, all of it is freed.
 */
export function targetOf(
  slot: number,
  write: WriteSlot,
  model: Model,
  marker: (slot: number) => string,
): Target {
  const following = model.following[slot] ?? { how: 'not' }
  return targetWith(slot, new WeakRef(write), withoutText(following), marker(slot))
}

function withoutText(following: Following): Following {
  if (following.how !== 'by-factory') return following
  return { ...following, captures: following.captures.map(fixed) }
}

function fixed(capture: Capture): Capture {
  const declared = capture.declared()
  const initialiser = constantOf(capture.initialiser()) === undefined ? null : capture.initialiser()
  return { ...capture, declared: () => declared, initialiser: () => initialiser }
}

/** In a function of its own: a closure holds all that any closure beside it uses. */
function targetWith(
  slot: number,
  reference: WeakRef<WriteSlot>,
  following: Following,
  marker: string,
): Target {
  return {
    slot,
    write: () => reference.deref() ?? null,
    following: () => following,
    marker: () => marker,
    successor: 0,
  }
}

/** Doors into the classes of a patch, for as long as that is there. */
const doorsOf = new WeakMap<WriteSlot, CompiledPatch['doors']>()

/** A class that a patch evaluates. */
export function classTextOf(slot: number, { patch, doors, write }: CompiledPatch): ClassText {
  doorsOf.set(write, doors)
  return classTextWith(slot, new WeakRef(write), patch.marker(slot))
}

function classTextWith(slot: number, reference: WeakRef<WriteSlot>, marker: string): ClassText {
  const doors = () => {
    const write = reference.deref()
    return write ? doorsOf.get(write) : undefined
  }
  return {
    isLiving: () => doors() !== undefined,
    door: () => doors()?.[slot]?.() ?? null,
    marker: () => marker,
  }
}
