import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { exportedNames, originOf, type Side, type WorldModule } from '../plan/world.ts'
import type { HotExports } from '../runtime/hot-context.ts'
import { releaseFiles } from './files.ts'
import { accessTo, type OutsideModules } from './imports.ts'
import type { Prepared } from './prepared.ts'

/** What loaded modules export by their own account, by address: what others pass on from packages is known from there alone. */
export type Namespaces = Map<string, HotExports>

export interface Given {
  outside: OutsideModules
  namespaces: Namespaces
}

/** With the upgrade, or without. */
export type Which = Side

/** Under which a module has been loaded. */
export function livingUrl(module: WorldModule, { built }: Prepared): string | undefined {
  return built.stateOf(module)?.loaded.url ?? built.data.find(({ key }) => key === module.key)?.loaded.url
}

/** All that a module exports, for who asks for it: as `require` gives it to a CommonJS module, as `import *` to any other. */
export function presentExports(
  target: WorldModule,
  asking: WorldModule,
  which: Which,
  prepared: Prepared,
  given: Given,
): HotExports {
  const url = livingUrl(target, prepared)
  const inside = prepared.built.stateOf(target)?.loaded.living?.inside
  if (target.format === 'module') return namespaceOf(target, which, prepared, given)
  const exports = inside && 'exports' in inside ? inside.exports : requiredOf(url)
  if (asking.format === 'commonjs') return exports as HotExports
  const names = target.format === 'commonjs' && isObject(exports) ? Object.keys(exports) : []
  const imported = given.namespaces.get(url ?? '')?.default
  return likeNamespace(['default', ...names], name =>
    name === 'default' ? (target.format === 'json' ? imported : exports) : (exports as HotExports)[name],
  )
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const requiredOf = (url: string | undefined): unknown =>
  url === undefined ? {} : createRequire(url)(fileURLToPath(url))

/** The namespace that the language gives of an ES module lacks what upgrades have added to it. */
function namespaceOf(
  target: WorldModule,
  which: Which,
  prepared: Prepared,
  { outside, namespaces }: Given,
): HotExports {
  const { built, request } = prepared
  const namespace = namespaces.get(livingUrl(target, prepared) ?? '') ?? {}
  const own = exportedNames(target, which)
  const known = new Set([...exportedNames(target, 'before'), ...exportedNames(target, 'after')])
  const passedOn = Object.keys(namespace).filter(name => !known.has(name))
  const files = releaseFiles(request.dir)
  const access = new Map(
    [...own].map(name => {
      const origin = originOf(target, name, which)
      return [
        name,
        origin.kind === 'outside' && Object.hasOwn(namespace, name)
          ? null
          : accessTo(origin, built.stateOf, files, outside),
      ]
    }),
  )
  return likeNamespace([...own, ...passedOn], name => (access.get(name) ?? (() => namespace[name]))())
}

function likeNamespace(names: string[], get: (name: string) => unknown): HotExports {
  const exports = Object.create(null) as HotExports
  for (const name of names.toSorted())
    Object.defineProperty(exports, name, { get: () => get(name), enumerable: true, configurable: true })
  Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' })
  return exports
}
