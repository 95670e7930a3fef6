import { namesFor } from '../instrument/names.ts'
import { partsOf } from '../plan/as-declared.ts'
import { changesCaptured, closureStateOf } from '../plan/closure-state.ts'
import type { CodeBehind } from '../plan/how-kept.ts'
import type { Keeping } from '../plan/live-state.ts'
import type { BuiltWorld } from './built-world.ts'
import { markerOf } from './closures.ts'
import type { LivingState } from './living.ts'

/** Where a function keeps what goes with it; `null` for anything that is no function of the application, or keeps nothing. */
export function closureStateIn(value: unknown, built: BuiltWorld): Keeping | null {
  const found = codeBehind(value, built)
  const state = found && closureStateOf(found.model, found.code)
  return state && { module: found.module, ...state }
}

/** Whether it is a function of the application that knows nothing but the variables of its module. */
export function isFreeFunction(value: unknown, built: BuiltWorld): boolean {
  const code = codeBehind(value, built)?.code
  return (
    code?.kind === 'function' && code.within === null && !code.uses.has('this') && !code.uses.has('super')
  )
}

/** Of more parts than this it is not said that there is no such function. */
const MANY = 10_000

/**
 * Whether there are functions in something, as far as plain data goes, that may change what they were made with. What the code of packages
 * does is not known, nor what a promise gives.
 *
 * @param apart what is in this does not count.
 */
export function mayChange(value: unknown, apart: unknown, built: BuiltWorld): boolean {
  const known = partsWithin(apart)
  const found = partsWithin(value)
  if (found.size > MANY) return true
  for (const each of found) {
    if (known.has(each)) continue
    if (typeof each === 'function' ? mayChangeCaptured(each, built) : each instanceof Promise) return true
  }
  return false
}

function partsWithin(value: unknown): Set<unknown> {
  const found = new Set([value])
  for (const each of found) {
    if (found.size > MANY) break
    if (typeof each === 'object') for (const part of partsOf(each, [null]) ?? []) found.add(part)
  }
  return found
}

function mayChangeCaptured(closure: unknown, built: BuiltWorld): boolean {
  const found = codeBehind(closure, built)
  return found === null || changesCaptured(found.model, found.code)
}

/** The code that a function runs now; `null` for anything that is no function of the application. */
export function codeBehind(value: unknown, built: BuiltWorld): CodeBehind | null {
  const marker = typeof value === 'function' ? markerOf(value as () => unknown) : null
  if (marker === null) return null
  for (const module of built.modules.values()) {
    const state = built.stateOf(module)
    if (state === null || !mayBeOf(marker, state)) continue
    const model = state.current()
    const code = model.codes.find(({ slot }) =>
      state.recordOf(slot).targets.some(target => target.marker() === marker),
    )
    if (code) return { module, model, code }
  }
  return null
}

/** A module that no upgrade has changed need not be read for it. */
function mayBeOf(marker: string, { generation, loaded }: LivingState): boolean {
  return generation > 0 || marker.startsWith(`${namesFor(loaded.text()).note}(`)
}
