import { WHOLE } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { Read } from './reads.ts'
import { type Required, requireOf } from './requires.ts'
import {
  exportKey,
  isEsModule,
  keyFor,
  originOfRequest,
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
      return accessesOfRequest(module, read.request, read, 0)
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
      return accessesOfRequest(module, imported.request, read, 0)
    return keysOfExport(module, imported.request, imported.name).map(key => ({ key, depth: 0 }))
  }
  const own: Access = { key: keyFor(module, name), depth: 0 }
  const required = requireOf(model, name)
  if (required === null) return [own]
  const from = isDefaultOf(module, required, read) ? 1 : 0
  return [own, ...accessesOfRequest(module, required.request, read, from)]
}

/** Whether `b_1.default` is all of a module that knows nothing of a default export. */
function isDefaultOf(module: WorldModule, { request, wrapped }: Required, { path }: Read): boolean {
  const target = wrapped && path[0] === 'default' ? module.target(request) : null
  return target !== null && target.format !== 'module' && !isEsModule(target)
}

/** @param from how many properties lead to the whole of the other module. */
function accessesOfRequest(module: WorldModule, request: string, read: Read, from: number): Access[] {
  const name = read.path[from]
  // One that is computed may be any of them.
  const keys = keysOfExport(module, request, name ?? null)
  return keys.map(key => ({ key, depth: read.path.length > from ? from + 1 : from }))
}

/** `name` is `null` for all of the other module. */
function keysOfExport(module: WorldModule, request: string, name: string | null): VariableKey[] {
  const target = module.target(request)
  if (target === null) return []
  if (name === null) return target.format === 'module' ? [`${target.key}|*`] : [exportKey(target, WHOLE)]
  const origin = originOfRequest(module, request, name)
  switch (origin.kind) {
    case 'variable':
      return [keyFor(origin.module, origin.local)]
    case 'commonjs':
      return [exportKey(origin.module, origin.name)]
    case 'namespace':
      return [`${origin.module.key}|*`]
    default:
      return []
  }
}
