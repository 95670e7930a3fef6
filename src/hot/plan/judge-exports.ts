import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import { WHOLE } from '../model/exports.ts'
import type { Decision, World } from './decision.ts'
import { exportName } from './holders.ts'
import { reasonFor } from './reasons.ts'
import type { Running } from './running.ts'

/** Exports that are to be set, and were defined such that they cannot be: compilers do so with what they pass on. */
export function fixedExports({ modules }: World, { affected }: Decision, running: Running): HotReason[] {
  const added = modules.flatMap(module => (module.difference?.added ?? []).map(unit => ({ module, unit })))
  const anew = [...affected].map(([unit, { module }]) => ({ module, unit }))
  return [...added, ...anew].flatMap(({ module, unit }) => {
    const name = namesSet(unit).find(each => running.isFixed(module, each))
    if (name === undefined) return []
    const what = `\`${exportName(name)}\` cannot be set: it was defined such that it stays as it is`
    return [reasonFor(module, module.after, unit, what, 'Leave it as it was, or use `upgrade()`.')]
  })
}

function namesSet({ unit }: UnitPiece): string[] {
  return unit.kind === 'export' && !unit.exports.includes(WHOLE) ? unit.exports : []
}

/** Exports that were all of something else, and are an object of their own now: who has them has what they were. */
export function lostWholes({ removedExports }: Decision): HotReason[] {
  return removedExports.flatMap(({ module, name }) => {
    if (name !== WHOLE) return []
    const message = 'what `module.exports` is set to is another kind of thing now, and others have the former'
    return [{ module: module.key, line: null, message, remedy: 'Use `upgrade()`.', allow: null }]
  })
}

/** Exports that are gone and cannot be taken away, in words. */
export function remainingExports({ removedExports }: Decision, running: Running): string[] {
  return removedExports
    .filter(({ module, name }) => name !== WHOLE && running.isFixed(module, name))
    .map(({ module, name }) => `${module.key}: \`${exportName(name)}\` is gone, and stays defined as it was`)
}
