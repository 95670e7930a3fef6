import { isBuiltin } from 'node:module'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { Journal } from '../apply/undo.ts'
import type { BuiltWorld } from './built-world.ts'
import type { Prepared } from './prepared.ts'
import { linksIn } from './requests.ts'

/** Notes which modules nobody asks for any more, and which are asked for again. */
export function retire({ built, decision }: Prepared, journal: Journal): void {
  if (built.gone.size + built.returning.length === 0) return
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

/** Packages that were imported for what they do, and that nobody asks for any more: they have done it. */
export function leftImports({ changed, modules, requestsOf }: BuiltWorld): HotReason[] {
  return changed.flatMap(module => {
    const { before, after, key } = module
    if (before === null) return []
    const still = new Set(after ? linksIn(after).map(({ request }) => request) : [])
    return linksIn(before).flatMap(({ request, name, offset }) => {
      if (name !== null || still.has(request) || isBuiltin(request) || module.target(request) !== null)
        return []
      if ([...modules.values()].some(other => other !== module && requestsOf(other).includes(request)))
        return []
      const line = before.line(offset)
      const message = `it imports '${request}' no more, and what that did when it was loaded stays`
      return [
        { module: key, line, message, remedy: 'Leave it, or use `upgrade()`.', allow: `${key}:${line}` },
      ]
    })
  })
}
