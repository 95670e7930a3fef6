import type { WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import { reachedFrom } from './reached.ts'
import { requestsIn } from './requests.ts'
import type { KnownModules } from './world-module.ts'

/** Who asks for a module, by its key: until now, or in a new text. */
export function importers({ modules, states, byUrl, requests }: KnownModules): BuiltWorld['importersOf'] {
  const known = new Map<string, Set<WorldModule>>()
  const add = (key: string, module: WorldModule | undefined) => {
    if (module) known.set(key, (known.get(key) ?? new Set()).add(module))
  }
  for (const state of states.values()) {
    for (const url of reachedFrom(state, requests)) {
      const target = byUrl.get(url)
      if (target) add(target.key, modules.get(state.key))
    }
  }
  for (const module of modules.values()) {
    const isPatched = (states.get(module.key)?.generation ?? 0) > 0
    const text = module.difference || isPatched ? module.after : null
    for (const request of text ? requestsIn(text) : []) {
      const target = module.target(request)
      if (target) add(target.key, module)
    }
  }
  return key => [...(known.get(key) ?? [])]
}
