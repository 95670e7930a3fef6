import type { UnitPiece } from '../diff/match.ts'
import { requestedBy, WHOLE } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import { isAboutHot } from './about-hot.ts'
import { type Evaluated, effectOf, givesEmitter } from './effects.ts'
import { definesFunction, handedOverAt } from './handed-over.ts'
import { holdersIn } from './holders.ts'
import type { Known } from './how-kept.ts'
import { type Keeping, keepingOf } from './live-state.ts'
import { aliasIn, onlyRequires } from './requires.ts'
import { builds } from './slices.ts'
import type { WorldModule } from './world.ts'

/** What stays of a statement that is gone. */
export interface Leftover {
  /** Goes on from the name of the variable. */
  what: string
  remedy: string
}

/** What is known of the running process that tells what stays of a statement. */
export interface Traces extends Known {
  /** Where a function keeps what goes with it, if that is what a variable holds. */
  closureState(value: unknown): Keeping | null
  /** What a unit has opened that is still open. */
  opened(module: WorldModule, unit: UnitPiece): string[]
  /** Functions of the application that ran when a unit was evaluated, and where their code stands. */
  codeThatRan(module: WorldModule, unit: UnitPiece): RanCode[]
}

/** Code of a function that ran. */
export interface RanCode {
  module: WorldModule
  model: Model
  node: Evaluated['node']
}

/** What stays of a unit of the running text that the new one does not have; `null` for one that has left nothing. */
export function leftoverOf(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  traces: Traces,
): Leftover | null {
  const { kind } = unit.unit
  if (isAboutHot(unit, model) || onlyRequires(unit) || aliasIn(unit, model)) return null
  if (loadsOwn(module, unit)) return null
  const gone = module.after === null ? 'is gone with its module, which nothing imports any more' : 'is gone'
  const opened = traces.opened(module, unit)
  if (opened.length > 0) return { what: `has opened ${opened.join(', ')} and ${gone}`, remedy: END }
  if (kind === 'effect') return { what: `had an effect and ${gone}`, remedy: END }
  const holders = kind === 'definition' ? [] : holdersIn(module, unit)
  for (const { key, held, root } of holders.filter(({ name }) => !isStillThere(module, unit, name))) {
    const isBuiltUp = model.units.some(other => other.kind === 'unit' && builds(other, model) === root)
    const value = traces.value(module, held)
    const keeping = keepingOf(module, key, unit, value, isBuiltUp, traces) ?? traces.closureState(value)
    if (keeping)
      return {
        what: `holds live state, since ${keeping.module.key}:${keeping.line} ${keeping.how}, and ${gone}`,
        remedy:
          'Leave it under its name, or use `upgrade()`. A module that runs with `import.meta.hot.dispose` can hand its state over.',
      }
  }
  const handed = definesFunction(unit) ? handedOverAt(module, unit, traces.usersOf(module)) : null
  if (handed)
    return {
      what: `${gone}, and ${handed.module.key}:${handed.line} has given it to somebody who may call it still`,
      remedy: 'Leave it under its name, or use `upgrade()`.',
    }
  const effect = effectAtStart(module, model, unit, traces)
  return effect === null ? null : { what: `${gone}, and what it did is not: ${effect}`, remedy: END }
}

/** `require('./b')` for what that does: whether it may go is decided by what stays of the module. */
function loadsOwn(module: WorldModule, { unit: { node } }: UnitPiece): boolean {
  const call = node.type === 'ExpressionStatement' ? node.expression : null
  const request = call?.type === 'CallExpression' ? requestedBy(call) : null
  return request !== null && module.target(request) !== null
}

/** Whether what a unit sets is set by another one now; of all exports together that cannot be said. */
function isStillThere({ after }: WorldModule, { unit }: UnitPiece, name: string): boolean {
  const others = (after?.units ?? []).flatMap(piece => (piece.kind === 'unit' ? [piece.unit] : []))
  if (unit.kind === 'variable')
    return others.some(other => other.kind !== 'export' && other.names.includes(name))
  const exported = new Set(others.flatMap(other => other.exports))
  return unit.exports.some(each => each === WHOLE || exported.has(each) || exported.has(WHOLE))
}

/** What the evaluation of a variable has given to somebody who would call it still, were it evaluated anew; in words. */
export function givenAwayBy(
  module: WorldModule,
  unit: UnitPiece,
  traces: Traces,
  isRemade: (name: string) => boolean,
): string | null {
  const { before } = module
  if (before === null || onlyRequires(unit) || aliasIn(unit, before)) return null
  return effectAtStart(module, before, unit, traces, isRemade)
}

const END =
  'Leave it as it was, or use `upgrade()`. A module that runs with `import.meta.hot.dispose` can end it there.'

/**
 * What the evaluation of a unit did, be it in functions that it called.
 *
 * @param isRemade asks only what would be called still, were it evaluated anew with these.
 */
function effectAtStart(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  traces: Traces,
  isRemade: ((name: string) => boolean) | null = null,
): string | null {
  const own: RanCode = { module, model, node: unit.unit.node }
  const evaluatedAs = (ran: RanCode): Evaluated => ({
    model: ran.model,
    node: ran.node,
    names: ran === own ? unit.unit.names : [],
    value: name => traces.value(ran.module, name),
    isOutside: name => isOutside(ran, name),
    onlyGiven: isRemade !== null,
    ...(isRemade && ran === own ? { isRemade } : {}),
  })
  const onEmitter = isRemade !== null && givesEmitter(evaluatedAs(own))
  for (const ran of [own, ...traces.codeThatRan(module, unit)]) {
    const found = effectOf({ ...evaluatedAs(ran), onEmitter: onEmitter && ran !== own })
    if (found) return `${ran.module.key}:${ran.model.line(found.offset)} ${found.what}`
  }
  return null
}

function isOutside({ module, model }: RanCode, name: string): boolean {
  const imported = model.imports.get(name)
  return imported !== undefined && module.target(imported.request) === null
}
