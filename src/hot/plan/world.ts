import type { Difference } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import { WHOLE } from '../model/exports.ts'
import { type Exports, exportsOf } from '../model/imports.ts'
import type { Model } from '../model/model.ts'
import type { Door, WriteSlot } from '../runtime/registry.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { ModuleFormat } from '../syntax/parse.ts'
import { aliasIn, type Required, requireOf } from './requires.ts'

/** A function through all its texts: a change of one of them is a change of it. */
export interface FunctionRecord {
  targets: Target[]
}

/** A text of a function that may still be called: where its successor is set, and what it passes to one. */
export interface Target {
  /** `null` when nobody can call it any more. */
  write(): WriteSlot | null
  slot: number
  following(): Model['following'][number]
  /** What closures of it have in their text. */
  marker(): string
  /** What was set there: 0 for nothing. */
  successor: unknown
}

/** A class through all its texts. */
export interface ClassRecord {
  texts: ClassText[]
}

export interface ClassText {
  /** Whether an instance of it, or itself, can be there. */
  isLiving(): boolean
  /** Into a class of the module's scope, once it has been evaluated; `null` for one that is made inside a function. */
  door(): Door | null
  /** What classes of it have in their text. */
  marker(): string
}

/** One module, before and after. */
export interface WorldModule {
  /** Relative to the application's folder, with forward slashes. */
  key: string
  format: ModuleFormat | 'json'
  /** As it runs; `null` for a new one. */
  before: Model | null
  /** As it is to be; `null` for one that is gone. */
  after: Model | null
  /** Where both are and differ. */
  difference: Difference | null
  /** Compares them although they do not differ: from then on there is a difference, without anything in it. */
  compareAnyway(): Difference | null
  /** The function that a slot of `before` stands for. */
  recordOf(slot: number): FunctionRecord
  /** The class that a slot of `before` stands for. */
  classOf(slot: number): ClassRecord
  /** What ran when a unit of `before` was evaluated. */
  runOf(unit: UnitPiece): UnitRun | null
  /** Which module of the application is asked for by a request that it makes; `null` for any other. */
  target(request: string): WorldModule | null
  /** All that it imports. */
  targets(): WorldModule[]
  /** Whether it takes a change of what it asks for in hand, with `import.meta.hot.accept`. */
  takes(request: string): boolean
  /** What it takes in hand in this way. */
  accepted(): Set<WorldModule>
}

/** A variable, by where it is declared. */
export type VariableKey = `${string}|${string}`

export const keyFor = (module: WorldModule, name: string): VariableKey => `${module.key}|${name}`
/** An export of a CommonJS module. */
export const exportKey = (module: WorldModule, name: string): VariableKey => `${module.key}|exports.${name}`

const exportsByModel = new WeakMap<Model, Exports>()

export function exportsIn(model: Model): Exports {
  let exports = exportsByModel.get(model)
  if (!exports) {
    exports = exportsOf(model.parsed)
    exportsByModel.set(model, exports)
  }
  return exports
}

/** Where a name that a module exports comes from, through all that only pass it on. */
export type Origin =
  | { kind: 'variable'; module: WorldModule; local: string }
  | { kind: 'namespace'; module: WorldModule }
  | { kind: 'commonjs'; module: WorldModule; name: string }
  | { kind: 'outside'; module: WorldModule; request: string; name: string }
  | { kind: 'missing' }

/** `before`: in the texts that run; `after`: in those that are to run. */
export type Side = 'before' | 'after'

export const modelAt = (module: WorldModule, side: Side): Model | null =>
  side === 'before' ? (module.before ?? module.after) : (module.after ?? module.before)

/** `name` is `*` for the whole of the module. */
export function originOf(
  module: WorldModule,
  name: string,
  side: Side = 'after',
  seen: ReadonlySet<string> = new Set(),
): Origin {
  if (module.format !== 'module') return originInCommonjs(module, name, side, seen)
  if (name === '*') return { kind: 'namespace', module }
  const model = modelAt(module, side)
  const mark = `${module.key}|${name}`
  if (model === null || seen.has(mark)) return { kind: 'missing' }
  const visited = new Set(seen).add(mark)
  const { named, stars } = exportsIn(model)
  const exported = named.get(name)
  if (exported?.from === 'here') return { kind: 'variable', module, local: exported.local }
  if (exported) return originOfRequest(module, exported.request, exported.name, side, visited)
  if (name === 'default') return { kind: 'missing' }
  const origins = stars.map(request => originOfRequest(module, request, name, side, visited))
  const found = origins.find(({ kind }) => kind !== 'missing' && kind !== 'outside')
  // What packages export is not known; some other one may have it.
  return found ?? origins.find(({ kind }) => kind === 'outside') ?? { kind: 'missing' }
}

export function originOfRequest(
  module: WorldModule,
  request: string,
  name: string,
  side: Side = 'after',
  seen: ReadonlySet<string> = new Set(),
): Origin {
  const target = module.target(request)
  return target ? originOf(target, name, side, seen) : { kind: 'outside', module, request, name }
}

/** Compilers have CommonJS pass exports on by getters. */
function originInCommonjs(module: WorldModule, name: string, side: Side, seen: ReadonlySet<string>): Origin {
  const here: Origin = { kind: 'commonjs', module, name }
  const model = modelAt(module, side)
  const mark = `${module.key}|${name}`
  if (model === null || name === WHOLE || seen.has(mark)) return here
  const visited = new Set(seen).add(mark)
  const { own, passed, stars, aliases } = commonjsExportsIn(model)
  const from = passed.get(name)
  const required = from ? requireOf(model, from.variable) : null
  const target = required && module.target(required.request)
  if (from && required && target && (!required.wrapped || target.format === 'module' || isEsModule(target)))
    return presentOr(here, originOfRequest(module, required.request, from.name, side, visited))
  if (own.has(name) || name === 'default') return here
  const whole = aliases.get(WHOLE)
  if (whole) return presentOr(here, originOfRequest(module, whole.request, name, side, visited))
  for (const request of stars) {
    const star = module.target(request)
    if (star && exportedNames(star, side).has(name))
      return presentOr(here, originOf(star, name, side, visited))
  }
  return here
}

const presentOr = (here: Origin, there: Origin) =>
  there.kind === 'missing' || there.kind === 'outside' ? here : there

interface CommonjsExports {
  own: Set<string>
  /** What a getter passes on: a property of a variable. */
  passed: Map<string, { variable: string; name: string }>
  stars: string[]
  /** What is all of another module. */
  aliases: Map<string, Required>
}

const commonjsByModel = new WeakMap<Model, CommonjsExports>()

function commonjsExportsIn(model: Model): CommonjsExports {
  const known = commonjsByModel.get(model)
  if (known) return known
  const exports: CommonjsExports = { own: new Set(), passed: new Map(), stars: [], aliases: new Map() }
  for (const piece of model.units) {
    if (piece.kind !== 'unit') continue
    const { exporting, exports: names } = piece.unit
    for (const name of names) exports.own.add(name)
    const alias = exporting === null ? null : aliasIn(piece, model)
    for (const name of alias ? names : []) if (alias) exports.aliases.set(name, alias)
    const [name] = names
    if (exporting?.how === 'passed-on') exports.stars.push(exporting.request)
    if (exporting?.how === 'described' && exporting.passed && name !== undefined)
      exports.passed.set(name, exporting.passed)
  }
  commonjsByModel.set(model, exports)
  return exports
}

/** What an export of a CommonJS module is all of, if it is that of another module; `null` for any other. */
export function aliasOf({ before, after, format }: WorldModule, name: string): Required | null {
  const model = format === 'commonjs' ? (after ?? before) : null
  return model === null ? null : (commonjsExportsIn(model).aliases.get(name) ?? null)
}

/** Whether a CommonJS module says that it was an ES module. */
export function isEsModule(module: WorldModule): boolean {
  const model = module.after ?? module.before
  return model !== null && module.format === 'commonjs' && commonjsExportsIn(model).own.has('__esModule')
}

/** The names that a module exports, as far as its text tells them. */
export function exportedNames(module: WorldModule, when: Side, seen = new Set<WorldModule>()): Set<string> {
  const model = module[when]
  if (model === null || seen.has(module)) return new Set()
  seen.add(module)
  const own = module.format === 'module' ? exportsIn(model).named.keys() : commonjsExportsIn(model).own
  const { stars } = module.format === 'module' ? exportsIn(model) : commonjsExportsIn(model)
  const names = new Set(own)
  for (const request of stars) {
    const star = module.target(request)
    for (const name of star ? exportedNames(star, when, seen) : []) if (name !== 'default') names.add(name)
  }
  return names
}

/** Whether a module exports other names than it did. */
export function exportsOtherNames(module: WorldModule): boolean {
  if (module.before === null || module.after === null) return false
  const before = exportedNames(module, 'before')
  const after = exportedNames(module, 'after')
  return before.size !== after.size || [...after].some(name => !before.has(name))
}

/** Whether a module passes on what others export, without reading it. */
export function passesOn({ format, after }: WorldModule): boolean {
  if (after === null) return false
  const { stars } = format === 'module' ? exportsIn(after) : commonjsExportsIn(after)
  if (stars.length > 0) return true
  if (format !== 'module') {
    const { passed, aliases } = commonjsExportsIn(after)
    return passed.size + aliases.size > 0
  }
  return [...exportsIn(after).named.values()].some(({ from }) => from === 'there')
}
