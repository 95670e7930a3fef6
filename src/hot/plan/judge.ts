import type { HotReason } from '../../rpc/hot-contracts.ts'
import { definedBy } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import { definitionsIn } from '../model/definitions.ts'
import type { Model } from '../model/model.ts'
import { isChanged } from './changes.ts'
import type { Affected, Decision, World } from './decision.ts'
import { isDisposed } from './disposal.ts'
import { beforeOf, buildersOf, declarationOf, unitsOf } from './find-units.ts'
import { holdersIn } from './holders.ts'
import { fixedExports, lostWholes } from './judge-exports.ts'
import { keptInLayers } from './layer-changes.ts'
import { givenAwayBy } from './leftovers.ts'
import { keepingOf } from './live-state.ts'
import { reasonFor } from './reasons.ts'
import { doneOnceMore } from './repeats.ts'
import { aliasIn, onlyRequires } from './requires.ts'
import type { Running } from './running.ts'
import { propertySetBy } from './set-properties.ts'
import { builds, initialiserOf, isTaken, waitsFor } from './slices.ts'
import { staticReasons } from './statics.ts'
import { keyFor, type WorldModule } from './world.ts'

/** Every reason why what is to be evaluated anew cannot be. */
export function judge(world: World, decision: Decision, running: Running, allow: Set<string>): HotReason[] {
  const reasons: HotReason[] = []
  const add = (reason: HotReason) => {
    if (reason.allow === null || !allow.has(reason.allow)) reasons.push(reason)
  }
  for (const [unit, affected] of decision.affected) {
    const { module } = affected
    const model = module.after
    if (model === null) continue
    if (world.isProcess(module, unit)) {
      if (waitsFor(unit)) add(waiting(module, model, unit, affected.why))
      continue
    }
    const before = beforeOf(module, unit)
    if (running.hasEndpoint(module, before)) {
      add(endpointReason(module, model, unit, `would have to be evaluated anew: ${affected.why}`))
      continue
    }
    if (
      running.accepts(module) &&
      (isDisposed(world, module, before) || running.opened(module, before).length === 0)
    ) {
      if (waitsFor(unit)) add(waiting(module, model, unit, affected.why))
      continue
    }
    if (decision.setAnew.has(unit)) continue
    for (const reason of judgeUnit(unit, affected, model, decision, running)) add(reason)
  }
  for (const module of world.modules) {
    for (const unit of module.difference?.added ?? [])
      if (waitsFor(unit))
        add({ ...reasonFor(module, module.after, unit, 'is new and waits with `await`', AWAIT), allow: null })
  }
  for (const { module, unit } of decision.unlayered) {
    const opened = running.opened(module, unit)
    const kept = keptInLayers(module, unit, decision, running)
    const what = opened.length > 0 ? `has opened ${opened.join(', ')}` : kept
    if (what) add(reasonFor(module, module.before, unit, `${what}, and is gone`, LAYERS))
  }
  for (const { module, unit, leftover } of decision.removed) {
    if (running.hasEndpoint(module, unit)) {
      add(endpointReason(module, module.before, unit, 'is gone'))
      continue
    }
    // What is gone as a whole has been told to end whatever it had begun.
    const told = module.after === null && world.disposers(module).length > 0
    if (told || isDisposed(world, module, unit)) continue
    add(reasonFor(module, module.before, unit, leftover.what, leftover.remedy))
  }
  for (const module of world.modules) for (const reason of staticReasons(module, running)) add(reason)
  const ofExports = [...fixedExports(world, decision, running), ...lostWholes(decision)]
  for (const reason of ofExports) add(reason)
  for (const module of decision.disposed) {
    if (world.disposers(module).includes(null))
      add({
        module: module.key,
        line: null,
        message:
          'a callback of `import.meta.hot.dispose` would be called that no statement of the module has given',
        remedy: 'Give it in a statement of the module, or in a function that one calls, or use `upgrade()`.',
        allow: null,
      })
  }
  return reasons
}

const endpointReason = (module: WorldModule, model: Model | null, unit: UnitPiece, what: string) => ({
  ...reasonFor(
    module,
    model,
    unit,
    `has opened the server of an endpoint, which a peer can do once, and ${what}`,
    'Leave it as it was and use what changed inside a function, or use `upgrade()`.',
  ),
  allow: null,
})

const AWAIT = 'Wait inside a function that is called later, or use `upgrade()`.'

const LAYERS = 'Leave it as it was, or use `upgrade()`.'

const IN_HAND =
  'Leave it as it was, or use `upgrade()`. A module that runs with `import.meta.hot.accept()`, and ends it in `import.meta.hot.dispose`, has it done anew.'

/** Whether a statement builds up what is made anew: it is repeated with it. */
function isPartOfAffected(unit: UnitPiece, model: Model, { affected }: Decision): boolean {
  const root = builds(unit, model)
  const declaration = root === null ? null : declarationOf(model, root)
  return declaration !== null && affected.has(declaration)
}

function judgeUnit(
  unit: UnitPiece,
  affected: Affected,
  model: Model,
  decision: Decision,
  running: Running,
): HotReason[] {
  const { module, why } = affected
  const before = beforeOf(module, unit)
  const opened = onlyRequires(unit) ? [] : running.opened(module, before)
  const { kind } = unit.unit
  const reason = (message: string, remedy: string) => [reasonFor(module, model, unit, message, remedy)]
  if (waitsFor(unit)) return [waiting(module, model, unit, why)]
  if (opened.length > 0)
    return reason(`has opened ${opened.join(', ')} and would have to be evaluated anew: ${why}`, IN_HAND).map(
      each => (isPartOfAffected(unit, model, decision) ? { ...each, allow: null } : each),
    )
  if (kind === 'definition' && before.unit.kind === 'definition') {
    const was = before.unit.node.type === 'ClassDeclaration' ? 'class' : 'function'
    const isOther = before.unit.node.type !== unit.unit.node.type
    return reason(
      isOther ? `was a ${was} and is none any more` : `would have to be defined anew: ${why}`,
      'Use `upgrade()`.',
    )
  }
  if (before.children.some(child => child.kind === 'class' && child.code.within === null))
    return reason(
      `would define a class anew, and what was made with the one that lives would be of another: ${why}`,
      'Let a statement of its own define the class, or use `upgrade()`.',
    )
  const repeated = () => {
    const again = doneOnceMore(module, before, key => isChanged(decision.changes, key), running)
    return again === null
      ? []
      : reason(`would have to be evaluated anew, and does something that stays: ${again}; ${why}`, IN_HAND)
  }
  if (isConstructor(module, before))
    return reason(
      `would define a constructor anew, and what was made with the one that lives would be of another: ${why}`,
      'Use what changed inside a function, or use `upgrade()`.',
    )
  if (kind === 'effect') {
    const kept = keptInLayers(module, unit, decision, running)
    if (kept !== undefined)
      return kept === null ? [] : reason(`${kept}, and would start anew: ${why}`, LAYERS)
    if (isPartOfAffected(unit, model, decision)) return repeated()
    return reason(
      `has an effect that cannot be repeated: ${why}`,
      'Use what changed inside a function, or use `upgrade()`. A module that runs with `import.meta.hot.accept()` has it repeated.',
    )
  }
  const isRemade = (name: string) => decision.changes.values.has(keyFor(module, name))
  const given = kind === 'variable' ? givenAwayBy(module, before, running, isRemade) : null
  if (given !== null)
    return reason(
      `would have to be evaluated anew, and what it did goes on with the old code: ${given}; ${why}`,
      IN_HAND,
    )
  // What it holds is another module's, and stays there; what it held may have been its own.
  const wasTaken = onlyRequires(before) || (module.before !== null && aliasIn(before, module.before) !== null)
  const isAlias = wasTaken && aliasIn(unit, model) !== null
  for (const holder of holdersIn(module, unit)) {
    const { key, name, root } = holder
    const value = running.value(module, holder.held)
    // Of what is taken from another module, that alone which changed is taken anew.
    if (onlyRequires(unit) && onlyRequires(before) && !decision.changes.values.has(key)) continue
    const keeping = isAlias
      ? null
      : (keepingOf(module, key, before, value, buildersOf(module, root).length > 0, running) ??
        running.closureState(value))
    if (keeping) {
      const where = `${keeping.module.key}:${keeping.line}`
      return reason(
        `\`${name}\` holds live state, since ${where} ${keeping.how}, and would start anew: ${why}`,
        'Leave its declaration as it was, or use `upgrade()`. A module that runs with `import.meta.hot.accept()` has it started anew.',
      )
    }
    const identity = isAlias || isTaken(initialiserOf(before)) ? null : identityOf(value)
    if (identity !== null)
      return reason(`${identity}: ${why}`, 'Leave its declaration as it was, or use `upgrade()`.')
    for (const builder of buildersOf(module, root)) {
      const left = running.opened(module, beforeOf(module, builder))
      if (left.length > 0)
        return [
          {
            ...reasonFor(
              module,
              model,
              builder,
              `has opened ${left.join(', ')} on \`${name}\`, which would have to be made anew: ${why}`,
              'Use what changed inside a function, or use `upgrade()`.',
            ),
            allow: null,
          },
        ]
    }
  }
  return repeated()
}

/** What is told by what it is, and not by what is in it: what was made with it would be of another one. */
function identityOf(value: unknown): string | null {
  if (typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value)))
    return 'would be another class, and what was made with the one that lives would be of another'
  if (typeof value === 'symbol' && Symbol.keyFor(value) === undefined)
    return 'would be another symbol, and what is kept under the one there is would not be found'
  return null
}

/** Whether a variable holds a function whose prototype other statements fill. */
function isConstructor(module: WorldModule, before: UnitPiece): boolean {
  if (module.before === null || definedBy(before)?.kind !== 'function') return false
  return unitsOf(module.before).some(unit => {
    const set = propertySetBy(unit)
    return set !== null && set.path[0] === 'prototype' && before.unit.names.includes(set.root)
  })
}

/** A statement may be left as it was; a variable has to be evaluated. */
function waiting(module: WorldModule, model: Model, unit: UnitPiece, why: string): HotReason {
  const { start, end } = unit.unit.node
  const defines = definitionsIn(model).some(({ node }) => node.start >= start && node.end <= end)
  const what = `waits with \`await\` and would have to be evaluated anew: ${why}`
  const remedy = defines
    ? 'Define the process in one statement and start it in another, or use `upgrade()`.'
    : AWAIT
  const reason = reasonFor(module, model, unit, what, remedy)
  return unit.unit.kind === 'effect' ? reason : { ...reason, allow: null }
}
