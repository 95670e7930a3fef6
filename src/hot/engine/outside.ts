import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { BeamDeployError, messageOf } from '../../errors.ts'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import { DEFAULT } from '../model/units.ts'
import { originOfRequest, type WorldModule } from '../plan/world.ts'
import type { Registry } from '../runtime/registry.ts'
import { askedBy, isPath } from '../runtime/resolution.ts'
import { releaseFiles } from './files.ts'
import { isNameless, type OutsideModules, outsideKey } from './imports.ts'
import { linkError } from './linkable.ts'
import type { Prepared } from './prepared.ts'
import { type Link, linksIn } from './requests.ts'

/**
 * Loads what changed and new modules import from packages and from Node.js and did not before, in the order in which a fresh start would. It
 * comes before anything is changed, since it may have to wait and may fail. Nothing of it runs where one of the names cannot be had.
 *
 * @throws `incompatible_change` with every reason why not.
 */
export async function loadOutside(prepared: Prepared, registry: Registry): Promise<OutsideModules> {
  const modules: OutsideModules = new Map()
  const links = [...linksOutside(prepared)]
  await forEach(links, prepared, (link, module) => findProblem(link, module, prepared, registry))
  await forEach(links, prepared, (link, module) => loadLink(link, module, prepared, registry, modules))
  for (const { module, url } of namelessDefaults(prepared))
    modules.set(outsideKey(module, DEFAULT), (await import(url)) as Record<string, unknown>)
  return modules
}

interface OutsideLink {
  link: Link
  module: WorldModule
}

/** One after the other. */
async function forEach(
  links: OutsideLink[],
  prepared: Prepared,
  attempt: (link: Link, module: WorldModule) => Promise<Problem | null>,
): Promise<void> {
  // What is passed on is asked for by both.
  const reasons = new Map<Link, HotReason>()
  for (const { link, module } of links) {
    const problem = await attempt(link, module)
    const line = module.after?.line(link.offset) ?? null
    if (problem !== null) reasons.set(link, { module: module.key, line, ...problem, allow: null })
  }
  if (reasons.size > 0) throw refusal(prepared, [...reasons.values()])
}

function* linksOutside(prepared: Prepared): Generator<OutsideLink> {
  for (const module of prepared.order)
    if (prepared.built.changed.includes(module)) for (const link of newLinks(module)) yield { link, module }
  yield* passedOn(prepared)
}

/** Living modules whose default export is to be had from their namespace alone. */
function* namelessDefaults({ compiled, built }: Prepared): Generator<{ module: WorldModule; url: string }> {
  for (const [module, { importNames, model }] of compiled) {
    for (const local of importNames) {
      const imported = model.imports.get(local)
      const origin = imported && originOfRequest(module, imported.request, imported.name)
      if (origin?.kind !== 'namespace' && origin?.kind !== 'variable') continue
      const state = built.stateOf(origin.module)
      if (state && isNameless(state, origin.kind === 'variable' ? origin.local : DEFAULT))
        yield { module: origin.module, url: state.loaded.url }
    }
  }
}

/** What is no module of the application, and not known to be loaded as it is asked for now. */
function newLinks(module: WorldModule): Link[] {
  const { before, after } = module
  if (after === null) return []
  const known = new Set(before ? linksIn(before).map(markOf) : [])
  return linksIn(after).filter(link => !known.has(markOf(link)) && module.target(link.request) === null)
}

/** What a changed module imports now of a package by way of others, which only pass it on. */
function* passedOn({ compiled }: Prepared): Generator<{ link: Link; module: WorldModule }> {
  for (const [module, { importNames, model }] of compiled) {
    for (const local of importNames) {
      const imported = model.imports.get(local)
      const origin = imported && originOfRequest(module, imported.request, imported.name)
      if (origin?.kind !== 'outside' || origin.module === module || origin.module.after === null) continue
      const link = linksIn(origin.module.after).find(({ request }) => request === origin.request)
      if (link) yield { link, module: origin.module }
    }
  }
}

const markOf = ({ request, name }: Link) => `${request}\0${name}`

type Problem = Pick<HotReason, 'message' | 'remedy'>

const wayOf = ({ before }: WorldModule) => (before === null ? 'require' : 'import')

async function findProblem(
  link: Link,
  module: WorldModule,
  prepared: Prepared,
  { facades }: Registry,
): Promise<Problem | null> {
  const specifier = specifierOf(module, link.request, prepared)
  const found = await linkError({ ...link, name: null }, specifier, wayOf(module), facades)
  if (found) return problemOf(link, found.error)
  return (await linkError(link, specifier, wayOf(module), facades)) ? lacks(link) : null
}

async function loadLink(
  link: Link,
  module: WorldModule,
  prepared: Prepared,
  registry: Registry,
  modules: OutsideModules,
): Promise<Problem | null> {
  const { request, name, attributes } = link
  const key = outsideKey(module, request)
  try {
    let namespace = modules.get(key)
    if (!namespace) {
      const specifier = specifierOf(module, request, prepared)
      namespace = await importAs(specifier, attributes)
      modules.set(key, namespace)
      if (wayOf(module) === 'require') requireLoaded(registry.asked.get(specifier))
    }
    return name === null || name === '*' || name in namespace ? null : lacks(link)
  } catch (error) {
    return problemOf(link, error)
  }
}

const lacks = ({ request, name }: Link): Problem => ({
  message: `it imports \`${name}\` from '${request}', which does not export that`,
  remedy: 'Correct the import, and build the release again.',
})

function problemOf({ request }: Link, error: unknown): Problem {
  if (isAsync(error))
    return {
      message: `it is a new module and imports '${request}', which waits with \`await\` while it is loaded`,
      remedy: 'Load it with `import()`, or use `upgrade()`.',
    }
  return {
    message: `it imports '${request}', which cannot be loaded: ${messageOf(error)}`,
    remedy: 'Correct it, and build the release again.',
  }
}

/** A specifier that is resolved as one of a module of the living release, or else of the new one. */
function specifierOf(module: WorldModule, request: string, { built, request: { dir } }: Prepared): string {
  if (request.startsWith('node:')) return request
  const living = built.stateOf(module)?.loaded.url
  const fresh = pathToFileURL(releaseFiles(dir).path(module.key)).href
  if (living === undefined) return askedBy(request, [fresh])
  return askedBy(request, isPath(request) ? [fresh, living] : [living, fresh])
}

async function importAs(
  specifier: string,
  attributes: Record<string, string>,
): Promise<Record<string, unknown>> {
  const json = attributes.type === 'json'
  const loaded: unknown = await (json ? import(specifier, { with: { type: 'json' } }) : import(specifier))
  return loaded as Record<string, unknown>
}

/** A new module is loaded with `require()`, which takes nothing that waits. */
function requireLoaded(url: string | undefined): void {
  if (url?.startsWith('file:')) createRequire(url)(fileURLToPath(url))
}

const isAsync = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE'

function refusal({ request }: Prepared, reasons: HotReason[]): BeamDeployError {
  const lines = reasons.map(
    ({ module, line, message, remedy }) => `  ${module}:${line}: ${message}. ${remedy}`,
  )
  const message = `${request.release.version} cannot be a hot upgrade:\n${lines.join('\n')}`
  return new BeamDeployError('incompatible_change', message, { phase: 'commit', reasons })
}
