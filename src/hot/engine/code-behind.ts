import { namesFor } from '../instrument/names.ts'
import type { Model } from '../model/model.ts'
import { closureStateOf } from '../plan/closure-state.ts'
import type { Keeping } from '../plan/live-state.ts'
import type { WorldModule } from '../plan/world.ts'
import type { Code } from '../syntax/code.ts'
import type { BuiltWorld } from './built-world.ts'
import { markerOf } from './closures.ts'
import type { LivingState } from './living.ts'

/** Where a function keeps what goes with it; `null` for anything that is no function of the application, or keeps nothing. */
export function closureStateIn(value: unknown, built: BuiltWorld): Keeping | null {
  if (typeof value !== 'function') return null
  const found = codeBehind(value as () => unknown, built)
  const state = found && closureStateOf(found.model, found.code)
  return state && { module: found.module, ...state }
}

/** Whether it is a function of the application that knows nothing but the variables of its module. */
export function isFreeFunction(value: unknown, built: BuiltWorld): boolean {
  if (typeof value !== 'function') return false
  const code = codeBehind(value as () => unknown, built)?.code
  return (
    code?.kind === 'function' && code.within === null && !code.uses.has('this') && !code.uses.has('super')
  )
}

interface CodeBehind {
  module: WorldModule
  model: Model
  code: Code
}

/** The code that a function runs now. */
function codeBehind(closure: () => unknown, built: BuiltWorld): CodeBehind | null {
  const marker = markerOf(closure)
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
