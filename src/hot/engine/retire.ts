import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { Journal } from '../apply/undo.ts'
import type { BuiltWorld } from './build-world.ts'
import type { Prepared } from './prepare.ts'

/** Notes which modules nobody asks for any more, and which are asked for again. */
export function retire({ built, decision }: Prepared, journal: Journal): void {
  for (const module of built.modules.values()) {
    const state = built.stateOf(module)
    const isGone = built.gone.has(module.key)
    if (!state || (!isGone && !built.returning.includes(module))) continue
    const before = state.gone
    journal.record(() => {
      state.gone = before
    })
    const ended = decision.disposed.has(module) || decision.removed.some(removed => removed.module === module)
    state.gone = isGone ? { ended } : null
  }
}

/** A module that was gone is still there as it was: its statements do not run once more. */
export function returningReasons({ returning, stateOf }: BuiltWorld): HotReason[] {
  return returning.flatMap(module =>
    stateOf(module)?.gone?.ended
      ? [
          {
            module: module.key,
            line: null,
            message:
              'it was gone since an upgrade before, which ended what it had begun; that it is imported again would not begin it again',
            remedy: 'Use `upgrade()`.',
            allow: null,
          },
        ]
      : [],
  )
}
