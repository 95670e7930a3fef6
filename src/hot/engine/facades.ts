import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Journal } from '../apply/undo.ts'
import { DEFAULT } from '../model/units.ts'
import { type ExportList, exportListOf } from '../plan/exports.ts'
import { exportsIn, type Origin, originOf, passesOn, type WorldModule } from '../plan/world.ts'
import type { Facade, SetVariable } from '../runtime/facades.ts'
import { askedBy } from '../runtime/resolution.ts'
import type { Context } from './context.ts'
import { namesAtRun } from './export-changes.ts'
import { releaseFiles } from './files.ts'
import { accessTo, isNameless } from './imports.ts'
import { type FacadeVariable, type LinkedFacade, setAll } from './linked-facades.ts'
import type { LivingState } from './living.ts'
import type { Prepared } from './prepared.ts'

/**
 * Makes facades for the modules whose exports an upgrade changes. Those that there are already go on with what their names stand for
 * now.
 */
export function renewFacades(prepared: Prepared, context: Context, journal: Journal): void {
  forgetUnused(context)
  const { built } = prepared
  const maker: Maker = { prepared, context, journal, urlOf: module => urlOf(module, prepared) }
  const changed = new Set(prepared.exports.keys())
  for (const module of prepared.compiled.keys()) if (module.format === 'commonjs') changed.add(module)
  for (const module of changed) {
    if (module.format !== 'commonjs') continue
    // Node.js has copied its values into the modules that pass them on.
    for (const importer of built.importersOf(module.key))
      if (importer.format === 'module' && passesOn(importer)) changed.add(importer)
  }
  for (const module of changed) {
    renewVariables(module, maker)
    const state = built.stateOf(module)
    if (state) makeFacade(module, state, maker)
  }
}

/** Facades that another one has replaced before any module was linked with them. */
function forgetUnused({ registry, linked }: Context): void {
  const { current, modules } = registry.facades
  const inUse = new Set(current.values())
  for (const unused of linked.all) {
    if (unused.setters.length > 0 || inUse.has(unused.facade)) continue
    linked.all.delete(unused)
    modules.delete(unused.facade.imported)
    if (unused.facade.required) modules.delete(unused.facade.required)
  }
}

interface Maker {
  prepared: Prepared
  context: Context
  journal: Journal
  urlOf(module: WorldModule): string
}

const urlOf = (module: WorldModule, { built, request }: Prepared) =>
  built.stateOf(module)?.loaded.url ?? pathToFileURL(releaseFiles(request.dir).path(module.key)).href

/** What facades of a module that are in use stand for by now. */
function renewVariables(module: WorldModule, maker: Maker): void {
  for (const { key, variables } of maker.context.linked.all) {
    if (key !== module.key) continue
    for (const variable of variables) {
      const { get, source } = variable
      const origin = originOf(module, variable.name)
      // Who imports a name that is gone refuses the upgrade.
      if (origin.kind === 'missing') continue
      maker.journal.record(() => Object.assign(variable, { get, source }))
      Object.assign(variable, variableFor(variable.name, origin, maker))
    }
  }
}

function variableFor(name: string, origin: Origin, { prepared, context }: Maker): FacadeVariable {
  const { built, request } = prepared
  const get = accessTo(origin, built.stateOf, releaseFiles(request.dir), new Map())
  const state = origin.kind === 'variable' ? built.stateOf(origin.module) : null
  const local = origin.kind === 'variable' ? origin.local : ''
  const source = state?.annexNames.has(local)
    ? context.linked.watch(state.annex, local === DEFAULT ? 'default' : local)
    : null
  return { name, get, source }
}

function makeFacade(module: WorldModule, state: LivingState, maker: Maker): void {
  const { registry, linked } = maker.context
  const { current, modules } = registry.facades
  const { url } = state.loaded
  const facade = addressesOf(url, module.format, linked.count)
  linked.count += 1
  const made: LinkedFacade = { key: module.key, facade, variables: [], setters: [] }
  modules.set(facade.imported, {
    text: once(() => textOf(module, facade.imported, made, maker)),
    bind: binding(made),
  })
  if (facade.required)
    modules.set(facade.required, {
      text: once(() => passOn(facade.imported, listOf(module, maker))),
      bind: binding(made),
    })
  const before = current.get(url)
  current.set(url, facade)
  linked.all.add(made)
  maker.journal.record(() => {
    linked.all.delete(made)
    if (before) current.set(url, before)
    else current.delete(url)
  })
  forgetRequired([url, before?.required], maker.journal)
}

/** A query leaves the path as it is, for who looks at it; what is required has to have a path of its own. */
function addressesOf(url: string, format: WorldModule['format'], count: number): Facade {
  const mark = `beam-deploy-hot=${count}`
  return {
    imported: `${url}${url.includes('?') ? '&' : '?'}${mark}`,
    required: format === 'module' ? `${url.replace(/[?#].*$/, '')}.${mark}.mjs` : null,
  }
}

/** Node.js remembers what was required, and would not ask again. */
function forgetRequired(urls: (string | null | undefined)[], journal: Journal): void {
  const { cache } = createRequire(import.meta.filename)
  for (const url of urls) {
    const path = url ? fileURLToPath(url) : ''
    const known = cache[path]
    if (!known || !isNamespace(known.exports)) continue
    delete cache[path]
    journal.record(() => {
      cache[path] = known
    })
  }
}

const isNamespace = (exports: unknown) => Object.prototype.toString.call(exports) === '[object Module]'

const quote = (text: string) => JSON.stringify(text)

/** The facade for `require`: the same bindings. */
function passOn(url: string, { names }: ExportList): string {
  return names.has('default')
    ? `export*from${quote(url)};export{default}from${quote(url)}`
    : `export*from${quote(url)}`
}

/** Works a text out when it is first asked for, and forgets how. */
function once(write: () => string): () => string {
  let work: (() => string) | null = write
  let text = ''
  return () => {
    if (work) text = work()
    work = null
    return text
  }
}

const binding = (made: LinkedFacade) => (set: SetVariable) => {
  made.setters.push(set)
  setAll(made, set)
}

/** All has been evaluated: what facades say is settled, and their variables have their values. */
export function settleFacades({ registry, linked }: Context): void {
  for (const { text } of registry.facades.modules.values()) text()
  linked.update()
}

/** The text of a facade; its variables are noted as they are written down. */
function textOf(module: WorldModule, own: string, made: LinkedFacade, maker: Maker): string {
  const list = listOf(module, maker)
  const lines: string[] = []
  for (const { module: from, request } of list.outside)
    lines.push(`export*from${quote(askedBy(request, [maker.urlOf(from)]))}`)
  for (const [name, origin] of list.names) {
    const direct = directly(name, origin, maker)
    if (direct !== null) lines.push(direct)
    else if (origin.kind !== 'missing') {
      lines.push(`let $${made.variables.length};export{$${made.variables.length} as ${quote(name)}}`)
      made.variables.push(variableFor(name, origin, maker))
    }
  }
  const cases = made.variables.map((_, index) => `case ${index}:$${index}=v;break;`).join('')
  const set = `(k,v)=>{switch(k){${cases}}}`
  lines.push(`globalThis[Symbol.for("beam-deploy.hot")].facade(${quote(own)},${set})`)
  return lines.join('\n')
}

function listOf(module: WorldModule, { prepared }: Maker): ExportList {
  const atRun = namesAtRun(prepared.built)
  if (module.format === 'module') return exportListOf(module, 'after', atRun)
  const names = [...atRun(module).filter(name => name !== 'default'), 'default', 'module.exports']
  return {
    names: new Map(names.map(name => [name, { kind: 'commonjs', module, name }])),
    outside: [],
  }
}

/** Passes on a binding that another module has: one that is assigned at any time, or of a module that has not been evaluated. */
function directly(name: string, origin: Origin, { prepared, context, urlOf }: Maker): string | null {
  switch (origin.kind) {
    case 'outside': {
      const from = quote(askedBy(origin.request, [urlOf(origin.module)]))
      return origin.name === '*' ? `export*as ${quote(name)} from${from}` : reexport(origin.name, name, from)
    }
    case 'namespace': {
      const url = urlOf(origin.module)
      return `export*as ${quote(name)} from${quote(context.registry.facades.current.get(url)?.imported ?? url)}`
    }
    case 'variable': {
      const state = prepared.built.stateOf(origin.module)
      const isSet = state?.annexNames.has(origin.local) || !isAssigned(origin.module, origin.local)
      if (state && isSet && !isNameless(state, origin.local)) return null
      const model = state ? state.base() : origin.module.after
      const exported = model && exportNameOf(model, origin.local)
      return exported ? reexport(exported, name, quote(urlOf(origin.module))) : null
    }
    default:
      return null
  }
}

const reexport = (there: string, here: string, from: string) =>
  `export{${quote(there)} as ${quote(here)}}from${from}`

/** Whether a variable is assigned after its declaration. */
export function isAssigned({ after }: WorldModule, local: string): boolean {
  const variable = after?.parsed.scope.set.get(local)
  return variable?.references.some(reference => reference.isWrite() && reference.init !== true) ?? false
}

/** The name under which a text exports a variable of its own. */
export function exportNameOf(model: Parameters<typeof exportsIn>[0], local: string): string | null {
  const found = [...exportsIn(model).named].find(
    ([, exported]) => exported.from === 'here' && exported.local === local,
  )
  return found?.[0] ?? null
}
