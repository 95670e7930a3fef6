import { pathToFileURL } from 'node:url'
import { originOfRequest, type WorldModule } from '../plan/world.ts'
import { askedBy, isPath } from '../runtime/resolution.ts'
import { releaseFiles } from './files.ts'
import { type OutsideModules, outsideKey } from './imports.ts'
import type { Prepared } from './prepare.ts'

/** Loads what changed modules import from packages and from Node.js that they did not before. */
export async function loadOutside(prepared: Prepared): Promise<OutsideModules> {
  const modules: OutsideModules = new Map()
  for (const [module, { importNames, model }] of prepared.compiled) {
    for (const local of importNames) {
      const imported = model.imports.get(local)
      if (!imported) continue
      const origin = originOfRequest(module, imported.request, imported.name)
      if (origin.kind !== 'outside') continue
      modules.set(
        outsideKey(origin.module, origin.request),
        await importAs(origin.module, origin.request, prepared),
      )
    }
  }
  return modules
}

/** As a module of the living release would get it, or else one of the new release. */
async function importAs(
  module: WorldModule,
  request: string,
  { built, request: { dir } }: Prepared,
): Promise<Record<string, unknown>> {
  if (request.startsWith('node:')) return (await import(request)) as Record<string, unknown>
  const living = built.stateOf(module)?.loaded.url
  const fresh = pathToFileURL(releaseFiles(dir).path(module.key)).href
  const attributes = request.endsWith('.json') ? { with: { type: 'json' } } : {}
  const parents = living === undefined || isPath(request) ? [fresh, living] : [living, fresh]
  return (await import(
    askedBy(
      request,
      parents.filter(parent => parent !== undefined),
    ),
    attributes
  )) as Record<string, unknown>
}
