import type { WriteSlot } from './registry.ts'

/** Functions that have told of themselves: not again until somebody listens anew. */
export interface Told {
  add(write: WriteSlot, slot: number): void
  listenAgain(): void
  /** The variable of the slot has a successor. */
  release(write: WriteSlot, slot: number): void
}

/** Modules and patches of which functions have told of themselves. */
interface Writers {
  write: WeakRef<WriteSlot>
  next: Writers | null
}

/** Held weakly: code that nobody can call any more is freed. And without iterators: applications may have changed those. */
export function createTold(): Told {
  const slotsOf = new WeakMap<WriteSlot, Set<number>>()
  let writers: Writers | null = null
  return {
    add: (write, slot) => {
      const slots = slotsOf.get(write)
      if (slots) slots.add(slot)
      else {
        slotsOf.set(write, new Set([slot]))
        writers = { write: new WeakRef(write), next: writers }
      }
    },
    listenAgain: () => {
      for (; writers !== null; writers = writers.next) {
        const write = writers.write.deref()
        if (write === undefined) continue
        slotsOf.get(write)?.forEach(slot => void write(slot, undefined))
        slotsOf.delete(write)
      }
    },
    release: (write, slot) => void slotsOf.get(write)?.delete(slot),
  }
}
