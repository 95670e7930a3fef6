import { isBuiltin } from 'node:module'
import type { AnyNode } from 'acorn'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { isAboutHot } from './about-hot.ts'
import { keysOf } from './accesses.ts'
import { startOf, unitsOf } from './find-units.ts'
import { type GlobalUse, globalUsesIn, sharedGlobal } from './global-uses.ts'
import { HARMLESS, tagOf } from './harmless.ts'
import type { RanCode, Traces } from './leftovers.ts'
import { type Read, readsIn, readsOf, standsIn } from './reads.ts'
import { reasonFor } from './reasons.ts'
import { requireOf } from './requires.ts'
import { rootIn } from './roots.ts'
import { keyFor, type VariableKey, type WorldModule } from './world.ts'

/** What an evaluation used. */
interface Uses {
  read: Set<VariableKey>
  written: Set<VariableKey>
  globals: GlobalUse[]
}

/**
 * Statements that stand in another order now, and of which one uses what the other sets: they have been evaluated in the old order. So have
 * those been that use a variable which is declared further down now; a fresh start refuses that.
 *
 * @param isAnew whether a unit is evaluated anew, in the new order.
 */
export function orderReasons(
  module: WorldModule,
  traces: Traces,
  isAnew: (unit: UnitPiece) => boolean,
): HotReason[] {
  const { difference, before, after } = module
  if (difference === null || before === null || after === null) return []
  const pairs = unitsOf(after).flatMap(unit => {
    const old = difference.origin.get(unit)
    const isOrdered = unit.unit.node.type !== 'FunctionDeclaration' && !isAboutHot(unit, after)
    return old?.kind === 'unit' && isOrdered ? [{ unit, old }] : []
  })
  const uses = new Map<UnitPiece, Uses>()
  const usesIn = (unit: UnitPiece) => {
    const known = uses.get(unit) ?? usesOf(module, before, unit, traces)
    uses.set(unit, known)
    return known
  }
  return [
    ...pairs.flatMap(({ unit, old }, index) => {
      for (const other of pairs.slice(index + 1)) {
        if (startOf(other.old) > startOf(old) || (isAnew(unit) && isAnew(other.unit))) continue
        const shared = sharedBy(usesIn(old), usesIn(other.old), module)
        if (shared === null) continue
        const line = after.line(startOf(other.unit))
        const what = `stands before line ${line} now, which it stood behind, and both use ${shared}`
        return [reasonFor(module, after, unit, what, BACK)]
      }
      return []
    }),
    ...difference.added.flatMap(unit => {
      const writes = globalsOf({ module, model: after, node: unit.unit.node }, unit, traces)
      for (const { unit: later, old } of pairs) {
        if (startOf(later) < startOf(unit) || isAnew(later)) continue
        const shared = sharedGlobal(
          writes.filter(use => use.writes),
          usesIn(old).globals,
        )
        if (shared === null) continue
        const line = after.line(startOf(later))
        const what = `is new and stands before line ${line}, which has been evaluated without it, and both use \`${shared}\``
        return [reasonFor(module, after, unit, what, BEHIND)]
      }
      return []
    }),
    ...unitsOf(after).flatMap(unit => {
      const name = readTooEarly(after, unit)
      const old = difference.origin.get(unit)
      if (name === null || (old?.kind === 'unit' && readTooEarly(before, old) !== null)) return []
      return [reasonFor(module, after, unit, `uses \`${name}\` before that is declared`, CORRECT)]
    }),
  ]
}

const BACK = 'Put it back where it was, or use `upgrade()`.'
const BEHIND = 'Put it behind, or use `upgrade()`.'
const CORRECT = 'Declare it further up, and build the release again.'

function sharedBy(one: Uses, other: Uses, module: WorldModule): string | null {
  for (const key of one.written) if (other.read.has(key) || other.written.has(key)) return nameOf(key, module)
  for (const key of other.written) if (one.read.has(key)) return nameOf(key, module)
  const shared = sharedGlobal(one.globals, other.globals)
  return shared === null ? null : `\`${shared}\``
}

function nameOf(key: VariableKey, module: WorldModule): string {
  const [where = '', name = ''] = key.split('|')
  return where === module.key ? `\`${name}\`` : `\`${name}\` of ${where}`
}

function usesOf(module: WorldModule, model: Model, unit: UnitPiece, traces: Traces): Uses {
  const { names, kind, node } = unit.unit
  const uses: Uses = { read: new Set(), written: new Set(), globals: [] }
  if (kind === 'variable' || kind === 'definition')
    for (const name of names) uses.written.add(keyFor(module, name))
  for (const read of readsOf(model, unit)) noteUse(read, { module, model, node }, uses, traces)
  uses.globals.push(...globalsOf({ module, model, node }, unit, traces))
  for (const ran of traces.codeThatRan(module, unit)) {
    const isInside = (offset: number) => offset >= ran.node.start && offset < ran.node.end
    for (const read of readsIn(ran.model)) if (isInside(read.offset)) noteUse(read, ran, uses, traces)
    uses.globals.push(...globalUsesIn(ran.model, isInside, name => traces.value(ran.module, name)))
  }
  return uses
}

/** Those of a unit itself. A package that is called for what it does, such as one that reads `.env`, may set the environment. */
function globalsOf({ module, model }: RanCode, unit: UnitPiece, traces: Traces): GlobalUse[] {
  const uses = globalUsesIn(model, standsIn(unit), name => traces.value(module, name))
  return callsPackage(module, model, unit) ? [...uses, { path: ['process', 'env'], writes: true }] : uses
}

function callsPackage(module: WorldModule, model: Model, { unit: { node } }: UnitPiece): boolean {
  let value: AnyNode | null = node.type === 'ExpressionStatement' ? node.expression : null
  if (value?.type === 'AwaitExpression') value = value.argument
  if (value?.type !== 'CallExpression') return false
  const root = rootIn(model, value.callee)
  const request = root.kind === 'top' ? requestOf(model, root.name) : undefined
  return request !== undefined && !isBuiltin(request) && module.target(request) === null
}

const requestOf = (model: Model, name: string): string | undefined =>
  model.imports.get(name)?.request ?? requireOf(model, name)?.request

function noteUse(
  read: Read,
  { module, model }: RanCode,
  { read: reads, written }: Pick<Uses, 'read' | 'written'>,
  traces: Traces,
): void {
  if (read.of === 'import' || read.end === 'ignored') return
  const isCall = read.end === 'called' && read.path.length > 0
  const isChanged = read.end === 'assigned' || (isCall && !isHarmless(read, module, traces))
  for (const key of keysOf(module, model, read)) (isChanged ? written : reads).add(key)
}

function isHarmless(read: Read, module: WorldModule, traces: Traces): boolean {
  if (read.of !== 'variable') return true
  const value = traces.value(module, read.name)
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return true
  const [method] = read.path
  return (
    read.path.length > 1 ||
    typeof value === 'function' ||
    (HARMLESS[tagOf(value)]?.has(method ?? '') ?? false)
  )
}

/** What a unit uses while it is evaluated, and that is declared behind it. */
function readTooEarly(model: Model, unit: UnitPiece): string | null {
  for (const read of readsOf(model, unit)) {
    if (read.of !== 'variable' || unit.unit.names.includes(read.name)) continue
    const [definition] = model.parsed.scope.set.get(read.name)?.defs ?? []
    const isBound =
      definition?.type === 'ClassName' ||
      (definition?.type === 'Variable' && definition.parent?.kind !== 'var')
    if (isBound && (definition.name as unknown as { start: number }).start > unit.unit.node.end)
      return read.name
  }
  return null
}
