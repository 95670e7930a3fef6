import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../errors.ts'
import { evaluationOf } from '../apply/assemble.ts'
import { compile } from '../apply/compile.ts'
import { evaluate } from '../apply/install.ts'
import { createJournal } from '../apply/undo.ts'
import type { UnitPiece } from '../diff/match.ts'
import { isAboutHot } from '../plan/about-hot.ts'
import type { World } from '../plan/decision.ts'
import { isDisposed } from '../plan/disposal.ts'
import { beforeOf, startOf, unitsOf } from '../plan/find-units.ts'
import type { WorldModule } from '../plan/world.ts'
import { ownWishes } from '../runtime/hot-context.ts'
import { newRun, type UnitRun } from '../runtime/unit-run.ts'
import type { BuiltWorld } from './built-world.ts'
import type { Context } from './context.ts'
import { inWords, stillOpen } from './open-resources.ts'
import { without } from './own-replacement.ts'
import type { Again, OldUnit, Prepared } from './prepared.ts'
import { classTextOf, targetOf } from './targets.ts'

/** @throws SyntaxError as of the compiler. */
export function compileAgain(
  module: WorldModule,
  evaluated: UnitPiece[],
  world: World,
  built: BuiltWorld,
  { application, registry }: Context,
): Again | null {
  const state = built.stateOf(module)
  const { before } = module
  if (state === null || before === null) return null
  const disposers = world.disposers(module)
  const replaced = new Set([
    ...evaluated.map(unit => beforeOf(module, unit)),
    ...(module.after === null ? unitsOf(before) : (module.difference?.removed ?? [])),
  ])
  const units = unitsOf(before).flatMap((unit): OldUnit[] => {
    const run = module.runOf(unit)
    const open = stillOpen(run?.opened ?? [])
    const said = run !== null && disposers.includes(run)
    const ended = said || (replaced.has(unit) && isDisposed(world, module, unit))
    if (!ended && open.length === 0) return []
    return [{ unit, run, open, ended, replaced: replaced.has(unit) || (said && isAboutHot(unit, before)) }]
  })
  const installations = units.map(({ unit }) => evaluationOf(unit))
  const [home] = registry.homes
  const dir = home === undefined ? application.root : fileURLToPath(home)
  return {
    units,
    compiled: compile(state, before, { installations, classes: new Map() }, join(dir, module.key), {
      what: ' again',
    }),
  }
}

/** Runs old statements whose work has been ended, who is imported first, once all else is as it was. */
export function beginAgain(prepared: Prepared, context: Context): void {
  const failures: unknown[] = []
  for (const module of prepared.order) {
    const again = prepared.again.get(module)
    if (again) failures.push(...beginModule(module, again, context))
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('; '))
}

function beginModule(module: WorldModule, { units, compiled }: Again, context: Context): Error[] {
  const { state, values, patches, model } = compiled
  const { loaded } = state
  const ended = units.filter(unit => unit.ended || stillOpen(unit.open).length < unit.open.length)
  const runs = new Map<UnitPiece, UnitRun>()
  loaded.wishes = without(ownWishes(loaded), new Set(ended.flatMap(({ run }) => run ?? [])))
  for (const each of patches) {
    const { id, patch, write, sourceUrl, edited } = each
    const { patched } = context.registry
    if (!patched.has(sourceUrl)) patched.set(sourceUrl, edited)
    for (const { slot } of patch.codes)
      state.recordOf(slot).targets.push(targetOf(slot, write, model, patch.marker))
    for (const slot of patch.classes) state.classOf(slot).texts.push(classTextOf(slot, each))
    const records = new Map(patch.codes.map(({ slot }) => [slot, state.recordOf(slot)]))
    context.living.addPatch({ id, write, records, sourceUrl, edited })
  }
  state.amend(({ runs: before, generation }) => ({
    runs: unit => runs.get(unit) ?? before(unit),
    generation: generation + 1,
  }))
  return ended.flatMap(({ unit }) => {
    const installation = [...values.keys()].find(each => each.do === 'evaluate' && each.unit === unit)
    if (installation?.do !== 'evaluate') return []
    const run = newRun(loaded.url)
    runs.set(unit, run)
    try {
      evaluate(compiled, installation, run, context.startup, createJournal())
      return []
    } catch (error) {
      const line = model.line(startOf(unit))
      const message = `${module.key}:${line} could not begin again: ${messageOf(error)}`
      return [new Error(message, { cause: error })]
    }
  })
}

/** What has been ended that does not begin again, and what was to be ended and has not been, in words. */
export function lookBack(again: Map<WorldModule, Again>): { lost: string[]; left: string[] } {
  const lost: string[] = []
  const left: string[] = []
  for (const [{ key }, { units, compiled }] of again) {
    for (const { unit, open, replaced } of units) {
      const still = stillOpen(open)
      const place = `${key}:${compiled.model.line(startOf(unit))}`
      if (!replaced && still.length < open.length)
        lost.push(
          `${place}: \`import.meta.hot.dispose\` has ended ${inWords(open.filter(each => !still.includes(each))).join(', ')}, which this statement does not open again, as it does not run anew`,
        )
      if (replaced && still.length > 0)
        left.push(`${place}: it has left ${inWords(still).join(', ')} open, which \`dispose\` has not ended`)
    }
  }
  return { lost, left }
}

/** What callbacks of `dispose` end, in words. */
export const disposalNotes = (again: Map<WorldModule, Again>): string[] =>
  [...again].map(([{ key, after }, { units, compiled }]) => {
    const lines = units
      .filter(({ unit, ended }) => ended && !isAboutHot(unit, compiled.model))
      .map(({ unit }) => compiled.model.line(startOf(unit)))
    const what =
      lines.length === 0 ? '' : ` what line ${[...new Set(lines)].join(', ')} of the old text began`
    return `${key}: \`import.meta.hot.dispose\` ends${what || ' what the module has begun'}${after === null ? '; the module is gone' : ''}`
  })
