import type { WriteSlot } from './registry.ts'

/** Functions of which it is not wanted to know that they run, until the code that runs now has come to its end. */
export interface Turn {
  /** The variable of the slot is 0 already: the function does not tell of itself, and costs next to nothing. */
  quiet(write: WriteSlot, slot: number): void
  /** Something else runs from now on: each tells of itself again. */
  over(): void
  /** The variable has a successor. */
  release(write: WriteSlot, slot: number): void
}

interface Quiet {
  write: WriteSlot
  slot: number
  isReleased: boolean
  next: Quiet | null
}

export function createTurn(): Turn {
  let last: Quiet | null = null
  const over = () => {
    for (; last !== null; last = last.next) if (!last.isReleased) last.write(last.slot, undefined)
  }
  // What may be another's turn begins with the next task, or with what a promise has going on.
  const whenOver = async () => {
    await null
    over()
  }
  return {
    quiet: (write, slot) => {
      if (last === null) void whenOver()
      last = { write, slot, isReleased: false, next: last }
    },
    over,
    release: (write, slot) => {
      for (let each = last; each !== null; each = each.next)
        if (each.write === write && each.slot === slot) each.isReleased = true
    },
  }
}
