import type { Compiled } from '../apply/compile.ts'
import type { Journal } from '../apply/undo.ts'
import { originOfRequest, type WorldModule } from '../plan/world.ts'
import { releaseFiles } from './files.ts'
import { accessTo, type OutsideModules, outsideKey } from './imports.ts'
import type { Prepared } from './prepared.ts'
import type { Which } from './present-exports.ts'

/** The names that modules import stand for what the new texts say, or for what the old ones said. */
export function giveImports(
  all: Map<WorldModule, Compiled>,
  which: Which,
  { built, request }: Prepared,
  outside: OutsideModules,
  journal: Journal | null,
): void {
  const files = releaseFiles(request.dir)
  for (const [module, { importNames, state, model }] of all) {
    // Those of upgrades before are what their names stand for now.
    for (const name of new Set([...importNames, ...Object.keys(state.imports)])) {
      const imported = model.imports.get(name)
      if (!imported) continue
      const origin = originOfRequest(module, imported.request, imported.name, which)
      const known = Object.getOwnPropertyDescriptor(state.imports, name)
      if (known && origin.kind === 'outside' && !outside.has(outsideKey(origin.module, origin.request)))
        continue
      const get = accessTo(origin, built.stateOf, files, outside)
      Object.defineProperty(state.imports, name, { get, enumerable: true, configurable: true })
      journal?.record(() => {
        if (known) Object.defineProperty(state.imports, name, known)
        else delete state.imports[name]
      })
    }
  }
}
