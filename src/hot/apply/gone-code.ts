import type { Piece } from '../model/model.ts'
import { runnableIn } from '../plan/slices.ts'
import type { Startup } from '../runtime/startup.ts'
import type { Assembling, GoneCode } from './assembly.ts'
import type { Journal } from './undo.ts'

/** Functions of the module's own scope that are gone: whoever was given one may have kept it. */
export function goneCode({ module, difference }: Assembling): GoneCode[] {
  const members = difference.classes.flatMap(({ removed }) => removed.flatMap(({ piece }) => piece ?? []))
  const orphans = difference.orphans.filter(({ code }) => code.within === null)
  return [...difference.removed, ...members, ...orphans].flatMap(runnableIn).flatMap((piece: Piece) => {
    if (piece.kind !== 'function' && piece.kind !== 'constructor') return []
    const offset = piece.code.node.start
    const place = `${module.key}:${difference.before.line(offset)}`
    return module.recordOf(piece.code.slot).targets.map(target => ({ target, offset, place }))
  })
}

/** Has it said, once for each, when such a function is called nevertheless. */
export function watchGone(gone: GoneCode[], version: string, startup: Startup, journal: Journal): void {
  for (const { target, place } of gone) {
    const { slot, successor } = target
    const write = target.write()
    // What has a successor calls that; what has been freed is called by nobody.
    if (successor !== 0 || write === null) continue
    journal.record(() => startup.unwatch(write, slot))
    startup.watch(write, slot, () =>
      process.emitWarning(
        `${place}: the function that was here is gone since ${version}, and was called by somebody who has kept it: its old code goes on`,
        'BeamDeployWarning',
      ),
    )
  }
}
