import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { holdsDefault } from '../apply/compile.ts'
import { namesFor } from '../instrument/names.ts'
import { DEFAULT } from '../model/units.ts'
import { exportsIn, type Origin, type WorldModule } from '../plan/world.ts'
import type { ReleaseFiles } from './files.ts'
import type { LivingState } from './living.ts'

/** Reads what an import stands for, each time anew: bindings live. */
export type Access = () => unknown

/** What modules of packages and of Node.js export that were not asked for before, by their request and who asks. */
export type OutsideModules = Map<string, Record<string, unknown>>

export const outsideKey = (module: WorldModule, request: string) => `${module.key}|${request}`

/** How what a module exports is reached, be it from a living scope or from a facade. */
export function accessTo(
  origin: Origin,
  stateOf: (module: WorldModule) => LivingState | null,
  files: ReleaseFiles,
  outside: OutsideModules,
): Access {
  switch (origin.kind) {
    case 'variable': {
      const state = stateOf(origin.module)
      return state ? living(state, origin.local) : fromNew(origin.module, origin.local, files)
    }
    case 'commonjs':
      return commonjs(origin, stateOf, files)
    case 'namespace': {
      const path = stateOf(origin.module)?.loaded.url ?? pathToFileURL(files.path(origin.module.key)).href
      let namespace: Record<string, unknown> | null = null
      return () => {
        namespace ??= load(path)
        return namespace
      }
    }
    case 'outside': {
      const namespace = outside.get(outsideKey(origin.module, origin.request))
      return () => (origin.name === '*' ? namespace : namespace?.[origin.name])
    }
    case 'missing':
      return () => undefined
    default: {
      const unreachable: never = origin
      throw new Error(`unknown origin ${JSON.stringify(unreachable)}`)
    }
  }
}

function living(state: LivingState, local: string): Access {
  const key = local === DEFAULT ? 'default' : local
  if (state.annexNames.has(local)) return () => state.annex[key]
  // A function or class without a name is known to importers alone.
  if (local === DEFAULT && !holdsDefault(state.base())) return () => load(state.loaded.url).default
  const variable = local === DEFAULT ? namesFor(state.base().text).defaultExport : local
  return state.loaded.living?.door(`(()=>${variable})`) as Access
}

function fromNew(module: WorldModule, local: string, files: ReleaseFiles): Access {
  const named = module.after ? exportsIn(module.after).named : new Map()
  const [name = local] =
    [...named].find(([, exported]) => exported.from === 'here' && exported.local === local) ?? []
  const url = pathToFileURL(files.path(module.key)).href
  return () => load(url)[name]
}

function commonjs(
  { module, name }: Extract<Origin, { kind: 'commonjs' }>,
  stateOf: (module: WorldModule) => LivingState | null,
  files: ReleaseFiles,
): Access {
  const inside = stateOf(module)?.loaded.living?.inside as { exports: Record<string, unknown> } | undefined
  const url = pathToFileURL(files.path(module.key)).href
  const exports = () => inside?.exports ?? load(url)
  if (name === '*') {
    let namespace: object | null = null
    return () => {
      namespace ??= namespaceOf(exports)
      return namespace
    }
  }
  return () => (name === 'default' || name === 'module.exports' ? exports() : exports()[name])
}

/** What an ES module sees of CommonJS as a whole, where what Node.js made of it when it was linked is not that any more. */
function namespaceOf(exports: () => Record<string, unknown>): object {
  const whole = (name: string) => name === 'default' || name === 'module.exports'
  const names = [...new Set([...Object.keys(exports()), 'default', 'module.exports'])].sort()
  const namespace = Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } }) as object
  for (const name of names)
    Object.defineProperty(namespace, name, {
      get: () => (whole(name) ? exports() : exports()[name]),
      enumerable: true,
    })
  return Object.preventExtensions(namespace)
}

/** A module that is loaded already, or can be at once. */
export function load(url: string): Record<string, unknown> {
  return createRequire(url)(
    new URL(url).pathname === '' ? url : decodeURIComponent(new URL(url).pathname),
  ) as Record<string, unknown>
}
