import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece } from '../model/model.ts'
import { type Access, accessesOf } from './accesses.ts'
import { isAsDeclared } from './as-declared.ts'
import { unitsOf } from './find-units.ts'
import { inside } from './follow-path.ts'
import type { Use } from './following.ts'
import { type FarUse, usesBeyond } from './handed-on.ts'
import { holdersIn } from './holders.ts'
import { type Held, howHandedOn, howKept, type Known, UNSURE } from './how-kept.ts'
import { type KeptUse, keptUsesOf } from './kept-uses.ts'
import type { Read } from './reads.ts'
import { builds, initialiserOf, runnableIn } from './slices.ts'
import { functionAt } from './text-index.ts'
import { exportsIn, originOfRequest, type VariableKey, type WorldModule } from './world.ts'

/** Where a function keeps something in a variable. */
export interface Keeping {
  module: WorldModule
  line: number
  how: string
}

/**
 * Where functions keep state in a variable, or an export: assign it, write into what it holds, or call methods of that. It is not to be
 * started anew, then.
 *
 * @param unit of the running text of the module, that declares it.
 * @param value what it holds now.
 * @param isBuiltUp whether other statements add to it.
 */
export function keepingOf(
  module: WorldModule,
  wanted: VariableKey,
  unit: UnitPiece,
  value: unknown,
  isBuiltUp: boolean,
  known: Known,
): Keeping | null {
  const isSame = isBuiltUp
    ? null
    : isAsDeclared(initialiserOf(unit), value, name => heldBy(module, name, known))
  const held: Held = { module, value, unit, isSame, known, seen: new Set() }
  // Said where nothing plainer is found.
  let handedOn: Keeping | null = null
  for (const user of known.usersOf(module)) {
    const model = user.before
    if (model === null) continue
    for (const { read, offset, path, way, end, to, evaluatedIn } of usesIn(model)) {
      const use: Read = { ...read, path, end: isFollowed(end) ? 'read' : end }
      for (const access of accessesOf(user, model, use)) {
        const depth = depthOf(access, wanted, module)
        if (depth === null) continue
        const on = way.slice(depth)
        const isWhole = access.key.endsWith('*') && path.length <= depth
        const far = { module: user, offset, path: path.slice(depth), end, to, given: null }
        for (const each of isWhole ? namesOf(wanted, module).map(name => inside(name, on)) : [on]) {
          const keeping = evaluatedIn
            ? keptSinceStart(
                { ...far, way: each },
                { module: user, unit: evaluatedIn },
                { ...held, seen: new Set() },
              )
            : keptBy({ ...far, way: each }, held)
          if (keeping !== null && !isFollowed(end)) return keeping
          handedOn ??= keeping
        }
      }
    }
  }
  if (handedOn || isSame !== false) return handedOn
  // Whoever has written there: not every way of doing so shows in the text.
  const line = module.before?.line(unit.ranges[0]?.start ?? 0) ?? 0
  return { module, line, how: 'declares something else than it holds by now' }
}

/** Whether something else than a read says what is done there. */
const isFollowed = (end: Use['end']) => end === 'escapes' || end === 'compared'

/** What a variable holds, be it imported. */
export function heldBy(module: WorldModule, name: string, { value }: Known): unknown {
  const imported = module.before?.imports.get(name)
  if (!imported) return value(module, name)
  const origin = originOfRequest(module, imported.request, imported.name, 'before')
  return origin.kind === 'variable' ? value(origin.module, origin.local) : undefined
}

/** How many properties of a read lead to a variable; `null` where it does not reach it. */
function depthOf({ key, depth }: Access, wanted: VariableKey, module: WorldModule): number | null {
  if (key === wanted) return depth
  const isPart = (of: VariableKey, part: VariableKey) => of.endsWith('*') && part.startsWith(of.slice(0, -1))
  // One of all exports: it may be this one.
  if (isPart(key, wanted)) return isExported(wanted, module) ? depth : null
  return isPart(wanted, key) ? depth - 1 : null
}

function isExported(wanted: VariableKey, module: WorldModule): boolean {
  return module.format !== 'module' || module.before === null || namesOf(wanted, module).length > 0
}

/** The names under which a variable is among all exports of its module. */
function namesOf(wanted: VariableKey, { key, format, before }: WorldModule): string[] {
  if (format !== 'module' || before === null)
    return [wanted.slice(wanted.indexOf('|') + 1).replace(/^exports\./, '')]
  return [...exportsIn(before).named].flatMap(([name, each]) =>
    each.from === 'here' && `${key}|${each.local}` === wanted ? [name] : [],
  )
}

interface TimedUse extends KeptUse {
  /** The statement that does it while the module is evaluated, and would do it again; `null` for what functions do later. */
  evaluatedIn: UnitPiece | null
}

const usesByModel = new WeakMap<Model, TimedUse[]>()

function usesIn(model: Model): TimedUse[] {
  let uses = usesByModel.get(model)
  if (!uses) {
    const usesOf = (piece: Piece, evaluatedIn: UnitPiece | null) =>
      keptUsesOf(model, piece).map(use => ({ ...use, evaluatedIn }))
    uses = unitsOf(model).flatMap(unit => {
      const functions = runnableIn(unit).filter(piece => !runsOnce(unit, piece))
      return [...functions.flatMap(piece => usesOf(piece, null)), ...usesOf(unit, unit)]
    })
    usesByModel.set(model, uses)
  }
  return uses
}

/** A function that is called where it stands is a part of the statement. */
function runsOnce(unit: Piece, piece: Piece): boolean {
  if (unit.kind !== 'unit' || piece.kind !== 'function' || unit.unit.node.type !== 'ExpressionStatement')
    return false
  const { expression } = unit.unit.node
  return expression.type === 'CallExpression' && expression.callee === piece.code.node
}

/** @param use of what the variable holds. */
function keptBy({ module, offset, path, way, end, to }: FarUse, held: Held): Keeping | null {
  const how = end === 'escapes' ? howHandedOn(path, held) : howKept(path, end, held)
  if (how === null) return null
  if (how !== 'unsure') return { module, line: module.before?.line(offset) ?? 0, how }
  const unsure = { module, line: module.before?.line(offset) ?? 0, how: UNSURE }
  const mark = `${module.key} ${offset} ${to?.kind} ${JSON.stringify(way)}`
  if (held.seen.has(mark)) return null
  held.seen.add(mark)
  const beyond = to && usesBeyond(module, to, way, held.known.usersOf)
  if (!beyond) return unsure
  for (const use of beyond) {
    const keeping = keptBy(use, held)
    if (keeping) return keeping
  }
  return null
}

/** A statement that was given something while it was evaluated. */
interface Given {
  module: WorldModule
  unit: UnitPiece
}

/** Where functions keep something there that were made with it at the start: by one that was given it, or one that is not known. */
function keptSinceStart(
  { module, offset, path, way, end, to }: FarUse,
  by: Given,
  held: Held,
): Keeping | null {
  const how = end === 'escapes' ? howHandedOn(path, held) : null
  if (how === null) return null
  const mark = `${module.key} ${offset} start ${JSON.stringify(way)}`
  if (held.seen.has(mark)) return null
  held.seen.add(mark)
  const beyond = to?.kind === 'argument' ? usesBeyond(module, to, way, held.known.usersOf) : null
  if (beyond === null)
    return madeSomethingThatChanges(by, held)
      ? { module, line: module.before?.line(offset) ?? 0, how: how === 'unsure' ? UNSURE : how }
      : null
  for (const use of beyond) {
    const model = use.module.before
    const isLater = model !== null && functionAt(model, use.offset) !== use.given
    const keeping = isLater ? keptBy(use, held) : keptSinceStart(use, by, held)
    if (keeping) return keeping
  }
  return null
}

/** Whether a statement has made functions that may change what they were made with. What else it made is looked at by its own name. */
function madeSomethingThatChanges(
  { module, unit }: Given,
  { known, unit: declaration, value }: Held,
): boolean {
  if (module.before === null || unit === declaration) return false
  const root = builds(unit, module.before)
  const names = root === null ? holdersIn(module, unit).map(({ held }) => held) : [root]
  return names.some(name => known.mayChange(known.value(module, name), value))
}
