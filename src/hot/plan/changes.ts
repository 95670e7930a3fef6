import { exportOf, WHOLE } from '../model/exports.ts'
import type { Model, Piece } from '../model/model.ts'
import { accessesOf } from './accesses.ts'
import { isPrinted } from './prints.ts'
import { type Read, readsOf, useAt } from './reads.ts'
import { aliasIn, requireOf } from './requires.ts'
import { initialiserOf } from './slices.ts'
import {
  exportsOtherNames,
  type FunctionRecord,
  isEsModule,
  type VariableKey,
  type WorldModule,
} from './world.ts'

/** What an upgrade changes, as far as it is known. */
export interface Changes {
  /** Variables and exports that get another value. */
  values: Map<VariableKey, string>
  /** Functions that do something else: their code changed, or they read what changed. */
  functions: Map<FunctionRecord, string>
  /** The modules that those are of. */
  owners: Map<FunctionRecord, WorldModule>
}

export function changeFunction(
  { functions, owners }: Changes,
  module: WorldModule,
  record: FunctionRecord,
  what: string,
): void {
  functions.set(record, what)
  owners.set(record, module)
}

/**
 * Whether a module takes changes of another one in hand with `import.meta.hot.accept`: every way to that leads through what it
 * accepts.
 */
export function isAccepted(module: WorldModule, other: WorldModule | undefined): boolean {
  const accepted = module.accepted()
  if (other === undefined || other === module || accepted.size === 0) return false
  const reach = (from: WorldModule[]) => {
    const seen = new Set([module])
    const visit = (each: WorldModule) => {
      if (seen.has(each)) return
      seen.add(each)
      each.targets().forEach(visit)
    }
    from.forEach(visit)
    return seen
  }
  return (
    reach([...accepted]).has(other) && !reach(module.targets().filter(each => !accepted.has(each))).has(other)
  )
}

/** The first thing a piece reads that gets another value, in words; `null` where it reads none. */
export function changedRead(
  changes: Changes,
  module: WorldModule,
  model: Model,
  piece: Piece,
): string | null {
  if (changes.values.size === 0) return null
  const alias = aliasIn(piece, model)
  if (alias?.copied && hasOtherNames(module, alias.request)) return `the exports of '${alias.request}'`
  for (const read of evaluatedIn(piece).flatMap(each => readsOf(model, each))) {
    if (isPrinted(model, read.offset)) continue
    const request = requestOf(model, read)
    if (request !== null && module.takes(request)) continue
    const isAlias = read.of === 'exports' ? isAliasOfExports(piece) : alias !== null
    for (const { key, depth } of accessesOf(module, model, read)) {
      const { use } = useAt(read, depth)
      if (use === 'assigned' || use === 'ignored') continue
      if (isAlias ? changes.values.has(key) : isChanged(changes, key)) return describe(changes, key)
    }
  }
  return null
}

/** A piece with what is evaluated with it: the static parts of classes, what they extend, and computed keys. */
export function evaluatedIn(piece: Piece): Piece[] {
  return [piece, ...piece.children.filter(({ kind }) => kind === 'class').flatMap(evaluatedIn)]
}

/** Whether a module that is no ES module, and of which there is a copy, exports other names than it did. */
function hasOtherNames(module: WorldModule, request: string): boolean {
  const target = module.target(request)
  return target !== null && target.format === 'commonjs' && !isEsModule(target) && exportsOtherNames(target)
}

/** Whether a variable or an export gets another value. What ends in `*` stands for all exports of a module. */
export function isChanged({ values }: Changes, key: VariableKey): boolean {
  if (!key.endsWith('*'))
    return values.has(key) || values.has(key.replace(/\|exports\..*/, '|exports.*') as VariableKey)
  const prefix = key.slice(0, -1)
  for (const changed of values.keys()) if (changed.startsWith(prefix)) return true
  return false
}

function describe({ values }: Changes, key: VariableKey): string {
  const [module = '', name = ''] = key.split('|')
  return values.get(key) ?? `${name.replace(/^exports\./, '')} of ${module}`
}

/** Through which request a use reaches another module; `null` for one of the module itself. */
function requestOf(model: Model, read: Read): string | null {
  switch (read.of) {
    case 'request':
    case 'import':
      return read.request
    case 'variable':
      return model.imports.get(read.name)?.request ?? requireOf(model, read.name)?.request ?? null
    default:
      return null
  }
}

/** Whether a piece only gives another name to all exports of a module: `module.exports.default = module.exports`. */
function isAliasOfExports(piece: Piece): boolean {
  if (piece.kind !== 'unit') return false
  const initialiser = initialiserOf(piece)
  return initialiser !== null && exportOf(initialiser) === WHOLE
}
