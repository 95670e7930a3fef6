import type { HotReason } from '../../rpc/hot-contracts.ts'
import { setSuccessor } from '../apply/install.ts'
import type { Journal } from '../apply/undo.ts'
import { definedBy } from '../diff/diff.ts'
import type { Piece } from '../model/model.ts'
import { originText } from '../plan/exports.ts'
import { unitsOf } from '../plan/find-units.ts'
import {
  exportKey,
  type FunctionRecord,
  keyFor,
  type Origin,
  type VariableKey,
  type WorldModule,
} from '../plan/world.ts'
import type { Startup } from '../runtime/startup.ts'
import type { BuiltWorld } from './built-world.ts'
import type { ExportChange } from './export-changes.ts'
import type { Access } from './imports.ts'
import type { Processes } from './processes.ts'

/** A function that a module exported and passes on from another one now. Whoever has the old one calls the new one by it. */
export interface MovedFunction {
  module: WorldModule
  record: FunctionRecord
  to: Origin
  what: string
  /** Whether that can be another function later on, without a change of its text. */
  isComputed: boolean
}

export interface Moved {
  functions: MovedFunction[]
  /** Places where functions were that moved, as text. */
  places: Set<string>
  /** What is to count as another value. */
  values: { key: VariableKey; what: string }[]
  reasons: HotReason[]
}

/** What modules export from elsewhere now, and which modules export other names. */
export function movedExports(
  changes: Map<WorldModule, ExportChange>,
  built: BuiltWorld,
  processes: Processes,
): Moved {
  const moved: Moved = { functions: [], places: new Set(), values: [], reasons: [] }
  for (const [module, { before, after, moved: names, gone }] of changes) {
    if (gone.length > 0 || after.names.size > before.names.size)
      moved.values.push({ key: `${module.key}|{exports}`, what: `the names that ${module.key} exports` })
    for (const name of names) {
      const from = before.names.get(name)
      const to = after.names.get(name)
      // The handle of a stateful process stays what it is, wherever that is defined.
      if (from && to && !processes.isSame(from, to)) noteMove(name, module, from, to, moved, built)
    }
  }
  for (const module of built.changed) moved.functions.push(...computedNow(module))
  return moved
}

/** Functions whose name holds something that is computed now, such as a function around the one that stands there. */
function computedNow(module: WorldModule): MovedFunction[] {
  return (module.difference?.units ?? []).flatMap(({ before, after }) => {
    const piece = definedBy(before)
    if (piece?.kind !== 'function' || definedBy(after) !== null) return []
    const record = module.recordOf(piece.code.slot)
    const { kind, names, exports } = before.unit
    const [name] = kind === 'export' ? exports : names
    if (name === undefined || !(kind === 'export' ? after.unit.exports : after.unit.names).includes(name))
      return []
    const to: Origin =
      kind === 'export' ? { kind: 'commonjs', module, name } : { kind: 'variable', module, local: name }
    return [{ module, record, to, what: `\`${name}\` (${module.key})`, isComputed: true }]
  })
}

function noteMove(
  name: string,
  by: WorldModule,
  from: Origin,
  to: Origin,
  moved: Moved,
  built: BuiltWorld,
): void {
  const what = `\`${name}\` (${by.key})`
  const piece = pieceAt(from, 'before')
  const place = originText(from)
  if (from.kind === 'variable' && piece?.kind === 'function' && built.stateOf(from.module)) {
    if (!moved.places.has(place))
      moved.functions.push({
        module: from.module,
        record: from.module.recordOf(piece.code.slot),
        to,
        what,
        isComputed: false,
      })
    moved.places.add(place)
    if (pieceAt(to, 'after')?.kind === 'function') return
  }
  if (from.kind === 'variable' && piece?.kind === 'class') {
    const { before } = from.module
    moved.reasons.push({
      module: from.module.key,
      line: before?.line(piece.code.node.start) ?? null,
      message: `${what} is another class now, and living instances would go on with the old one`,
      remedy: 'Leave it where it was, or use `upgrade()`.',
      allow: `${from.module.key}:${from.local}`,
    })
  }
  const key = keyOf(to)
  if (key) moved.values.push({ key, what })
}

function keyOf(origin: Origin): VariableKey | null {
  switch (origin.kind) {
    case 'variable':
      return keyFor(origin.module, origin.local)
    case 'commonjs':
      return exportKey(origin.module, origin.name)
    default:
      return null
  }
}

/** The function or class that a variable is declared as. */
function pieceAt(origin: Origin, side: 'before' | 'after'): Piece | null {
  const model = origin.kind === 'variable' ? origin.module[side] : null
  if (origin.kind !== 'variable' || model === null) return null
  const unit = unitsOf(model).find(({ unit: { names } }) => names.includes(origin.local))
  return unit ? definedBy(unit) : null
}

/** Has calls of the old functions go to the new ones, which need not be there yet. */
export function forwardMoved(
  { functions }: Moved,
  accessTo: (origin: Origin) => Access,
  startup: Startup,
  journal: Journal,
): void {
  for (const { record, to, isComputed } of functions) {
    const access = accessTo(to)
    setSuccessor(record.targets, forwarding(isComputed ? access : once(access)), startup, journal)
  }
}

function forwarding(access: Access) {
  return function forward(this: unknown, ...given: unknown[]): unknown {
    const target = access() as (...given: unknown[]) => unknown
    return new.target ? Reflect.construct(target, given, new.target) : Reflect.apply(target, this, given)
  }
}

function once(access: Access): Access {
  let found: unknown
  return () => {
    found ??= access()
    return found
  }
}
