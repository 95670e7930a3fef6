import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { holdsDefault } from '../apply/compile.ts'
import { namesFor } from '../instrument/names.ts'
import { DEFAULT } from '../model/units.ts'
import { exportListOf } from '../plan/exports.ts'
import { exportsIn, type Origin, type WorldModule } from '../plan/world.ts'
import { namesAtRun } from './export-changes.ts'
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
      const whole = outside.get(outsideKey(origin.module, DEFAULT))
      return state ? living(state, origin.local, whole) : fromNew(origin.module, origin.local, files)
    }
    case 'commonjs':
      return commonjs(origin, stateOf, files)
    case 'namespace': {
      const path = stateOf(origin.module)?.loaded.url ?? pathToFileURL(files.path(origin.module.key)).href
      let namespace: Record<string, unknown> | null = null
      return () => {
        namespace ??= loadWhole(path, () => wholeOf(origin.module, stateOf, files, outside))
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

/** @param whole the module's namespace, where that has been looked up. */
function living(state: LivingState, local: string, whole: Record<string, unknown> | undefined): Access {
  const key = local === DEFAULT ? 'default' : local
  if (state.annexNames.has(local)) return () => state.annex[key]
  // A function or class without a name is known to importers alone.
  if (isNameless(state, local)) return () => (whole ?? load(state.loaded.url)).default
  const variable = local === DEFAULT ? namesFor(state.base().text).defaultExport : local
  return state.loaded.living?.door(`(()=>${variable})`) as Access
}

/** Whether a living module has what it exports by default in no variable of its own. */
export const isNameless = (state: LivingState, local: string): boolean =>
  local === DEFAULT && !state.annexNames.has(DEFAULT) && !holdsDefault(state.base())

/** What waits with `await` while it is loaded cannot be required, not even when that was long ago. */
function loadWhole(path: string, otherwise: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return load(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE')
      return otherwise()
    throw error
  }
}

/** What stands for the namespace of a living module. */
function wholeOf(
  module: WorldModule,
  stateOf: (module: WorldModule) => LivingState | null,
  files: ReleaseFiles,
  outside: OutsideModules,
): Record<string, unknown> {
  const { names } = exportListOf(module, 'after', namesAtRun({ stateOf }))
  return namespaceOf(
    new Map([...names].map(([name, origin]) => [name, accessTo(origin, stateOf, files, outside)])),
  )
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
      namespace ??= commonjsWhole(exports)
      return namespace
    }
  }
  return () => (name === 'default' || name === 'module.exports' ? exports() : exports()[name])
}

/** What an ES module sees of CommonJS as a whole, where what Node.js made of it when it was linked is not that any more. */
function commonjsWhole(exports: () => Record<string, unknown>): Record<string, unknown> {
  const own = Object.keys(exports()).map(name => [name, () => exports()[name]] as const)
  return namespaceOf(new Map<string, Access>([...own, ['default', exports], ['module.exports', exports]]))
}

/** An object like the namespace of a module. */
function namespaceOf(names: Map<string, Access>): Record<string, unknown> {
  const namespace = Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } }) as Record<
    string,
    unknown
  >
  for (const [name, get] of [...names].sort(([a], [b]) => (a < b ? -1 : 1)))
    Object.defineProperty(namespace, name, { get, enumerable: true })
  return Object.preventExtensions(namespace)
}

/** A module that is loaded already, or can be at once. */
export function load(url: string): Record<string, unknown> {
  return createRequire(url)(
    new URL(url).pathname === '' ? url : decodeURIComponent(new URL(url).pathname),
  ) as Record<string, unknown>
}
