import type { UpgradeRequest } from '../rpc/contracts.ts'
import type { Drains } from './drains.ts'
import type { Generation } from './generation.ts'

/** How the old generation stops accepting at a cutover. */
export interface CutoverSettings {
  /** 0: in the moment in which the new one accepts. */
  overlapMs: number
}

/** What may be asked for one upgrade. Milliseconds. */
export type AskedCutover = Pick<UpgradeRequest, 'cutover' | 'overlapTime'>

const OVERLAP_MS = 10_000

export const cutoverFrom = ({
  cutover = 'gate',
  overlapTime = OVERLAP_MS,
}: AskedCutover): CutoverSettings => ({
  overlapMs: cutover === 'overlap' ? overlapTime : 0,
})

type OnGone = Parameters<Drains['add']>[1]

/** {@link Drains}, and the generation that is about to be one of them, while it accepts beside the one that replaces it. */
export interface OverlappingDrains extends Drains {
  /** Has a generation go on as it is for `ms`, and drain then; 0: at once. */
  addAfter(ms: number, generation: Generation, onGone: OnGone): void
  /** What goes on drains now. With `isStopping` nobody takes over from it. */
  endOverlap(isStopping: boolean): void
}

export function withOverlap(drains: Drains): OverlappingDrains {
  let overlap: { generation: Generation; onGone: OnGone; end(onGone: OnGone): void } | null = null

  return {
    ...drains,
    addAfter: (ms, generation, onGone) => {
      if (ms === 0) {
        drains.add(generation, onGone)
        return
      }
      // Another generation serves, too: who crashes now is not missed.
      generation.leaveUnfilled()
      const end = (next: OnGone) => {
        clearTimeout(timer)
        overlap = null
        generation.retire()
        drains.add(generation, next)
      }
      const timer = setTimeout(end, ms, onGone)
      overlap = { generation, onGone, end }
    },
    endOverlap: isStopping => {
      overlap?.end(isStopping ? undefined : overlap.onGone)
    },
    list: () => [...drains.list(), ...(overlap ? [overlap.generation] : [])],
  }
}
