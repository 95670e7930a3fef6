import { WHOLE } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { Read } from './reads.ts'
import { type Required, requireOf } from './requires.ts'
import {
  aliasOf,
  exportKey,
  isEsModule,
  keyFor,
  originOf,
  type VariableKey,
  type WorldModule,
} from './world.ts'

/** A variable, or an export, that is used. */
export interface Access {
  /** What ends in `*` stands for all exports of a module. */
  key: VariableKey
  /** How many properties of the read lead to it. */
  depth: number
}

/** The variables that a use is one of. */
export function accessesOf(module: WorldModule, model: Model, read: Read): Access[] {
  switch (read.of) {
    case 'exports': {
      const [name] = read.path
      return [{ key: exportKey(module, name ?? WHOLE), depth: read.path.length === 0 ? 0 : 1 }]
    }
    case 'request':
    case 'import': {
      const target = read.request === null ? null : module.target(read.request)
      // One whose name is worked out may be any of them.
      const targets = read.request === null ? module.targets() : target ? [target] : []
      return targets.flatMap(each => accessesOfModule(each, read, 0))
    }
    case 'variable':
      return accessesOfVariable(module, model, read.name, read)
    default: {
      const unreachable: never = read
      throw new Error(`unknown read ${JSON.stringify(unreachable)}`)
    }
  }
}

export const keysOf = (module: WorldModule, model: Model, read: Read): VariableKey[] =>
  accessesOf(module, model, read).map(({ key }) => key)

function accessesOfVariable(module: WorldModule, model: Model, name: string, read: Read): Access[] {
  const imported = model.imports.get(name)
  if (imported) {
    const target = module.target(imported.request)
    if (target === null) return []
    // A CommonJS module is its own default export.
    if (imported.name === '*' || (imported.name === 'default' && target.format !== 'module'))
      return accessesOfModule(target, read, 0)
    return accessesOfExport(target, imported.name, read, 0)
  }
  const own: Access = { key: keyFor(module, name), depth: 0 }
  const required = requireOf(model, name)
  return required === null ? [own] : [own, ...accessesOfRequired(module, required, read, 0)]
}

/** @param from how many properties lead to what is required. */
function accessesOfRequired(
  module: WorldModule,
  { request, wrapped }: Required,
  read: Read,
  from: number,
): Access[] {
  const target = module.target(request)
  if (target === null) return []
  // `b_1.default` is all of a module that knows nothing of a default export.
  const isDefault = wrapped && read.path[from] === 'default' && target.format !== 'module'
  return accessesOfModule(target, read, isDefault && !isEsModule(target) ? from + 1 : from)
}

/** @param from how many properties lead to the whole of the module. */
function accessesOfModule(target: WorldModule, read: Read, from: number): Access[] {
  if (read.path.length <= from) return wholeKeys(target).map(key => ({ key, depth: from }))
  const name = read.path[from]
  // One that is computed may be any of them.
  if (name === null || name === undefined) return wholeKeys(target).map(key => ({ key, depth: from + 1 }))
  return accessesOfExport(target, name, read, from + 1)
}

/** @param depth how many properties lead to the export. */
function accessesOfExport(target: WorldModule, name: string, read: Read, depth: number): Access[] {
  const origin = originOf(target, name)
  switch (origin.kind) {
    case 'variable':
      return [
        ...passedOn(target, name, origin.module, depth),
        { key: keyFor(origin.module, origin.local), depth },
      ]
    case 'commonjs': {
      const alias = aliasOf(origin.module, origin.name)
      return [
        ...passedOn(target, name, origin.module, depth),
        { key: exportKey(origin.module, origin.name), depth },
        ...(alias ? accessesOfRequired(origin.module, alias, read, depth) : []),
      ]
    }
    case 'namespace':
      return accessesOfModule(origin.module, read, depth)
    default:
      return []
  }
}

/** A CommonJS module may pass on something else than it did. */
function passedOn(target: WorldModule, name: string, origin: WorldModule, depth: number): Access[] {
  return target.format === 'commonjs' && target !== origin ? [{ key: exportKey(target, name), depth }] : []
}

/** All exports of a module, and of the one whose exports are its own. */
function wholeKeys(module: WorldModule): VariableKey[] {
  const seen = new Set<WorldModule>()
  for (let each: WorldModule | null = module; each !== null && !seen.has(each); ) {
    seen.add(each)
    const alias: Required | null = aliasOf(each, WHOLE)
    each = alias && each.target(alias.request)
  }
  return [...seen].map(each =>
    each.format === 'module' ? (`${each.key}|*` as const) : exportKey(each, WHOLE),
  )
}
