import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { originOfRequest } from '../plan/world.ts'
import { type OutsideModules, outsideKey } from './imports.ts'
import type { Prepared } from './prepare.ts'

/** Loads what changed modules import from packages and from Node.js that they did not before. */
export async function loadOutside({ compiled }: Prepared): Promise<OutsideModules> {
  const modules: OutsideModules = new Map()
  for (const [module, { importNames, model, state }] of compiled) {
    for (const local of importNames) {
      const imported = model.imports.get(local)
      if (!imported) continue
      const origin = originOfRequest(module, imported.request, imported.name)
      if (origin.kind !== 'outside') continue
      const from = origin.module === module ? state.loaded.url : null
      modules.set(outsideKey(origin.module, origin.request), await importFrom(from, origin.request))
    }
  }
  return modules
}

async function importFrom(url: string | null, request: string): Promise<Record<string, unknown>> {
  if (request.startsWith('node:') || url === null) return (await import(request)) as Record<string, unknown>
  const path = createRequire(url).resolve(request)
  const target = path.startsWith('/') || /^[A-Za-z]:/.test(path) ? pathToFileURL(path).href : path
  return (await import(target)) as Record<string, unknown>
}
