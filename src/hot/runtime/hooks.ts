import { type LoadFnOutput, type LoadHookContext, registerHooks } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../../errors.ts'
import { HOT_ENGINE } from '../../programs.ts'
import type { ModuleFormat } from '../syntax/parse.ts'
import type { Application } from './application.ts'
import { resolveFacade, throughFacade } from './facades.ts'
import { createLoaded, type LoadedModule, type Registry } from './registry.ts'
import { createResolution, isIn, resolveAsked } from './resolution.ts'
import { stripTypes } from './strip-types.ts'
import type { Instrument, InstrumentedText, ModuleSource } from './text-cache.ts'

/** What the engine asks for counts as asked for by nobody. */
const OUR_PROGRAMS = `${pathToFileURL(dirname(HOT_ENGINE)).href}/`

/** Has Node.js load the application's modules such that their code can be replaced. */
export function hookLoading(application: Application, registry: Registry, instrument: Instrument): void {
  const homeOf = (url: string) =>
    application.has(url) ? application.home : registry.homes.find(home => isIn(home, url))
  const resolveAnew = createResolution(application, registry)
  registerHooks({
    resolve: (specifier, context, next) => {
      const asked = resolveAsked(specifier, context, next)
      if (asked) {
        registry.asked.set(specifier, asked.url)
        return asked
      }
      const facade = resolveFacade(registry.facades, specifier, context)
      if (facade) return facade
      const { parentURL } = context
      const { homes } = registry
      const resolved = homes.length === 0 ? next(specifier, context) : resolveAnew(specifier, context, next)
      const own = parentURL !== undefined && homeOf(parentURL) !== undefined
      if (own || (homeOf(resolved.url) !== undefined && !parentURL?.startsWith(OUR_PROGRAMS)))
        noteRequest(registry, parentURL ?? '', specifier, resolved.url)
      if (resolved.url.endsWith('.node')) registry.addons.add(resolved.url)
      return homes.length === 0 ? resolved : throughFacade(registry.facades, resolved, context)
    },
    load: (url, context, next) => {
      const facade = registry.facades.modules.get(url)
      if (facade) return { format: 'module', source: facade.text(), shortCircuit: true }
      const loaded = next(url, context)
      const home = homeOf(url)
      if (home === undefined) {
        if (url.startsWith('file:')) registry.beside.add(url)
        return loaded
      }
      if (loaded.format !== 'json')
        return instrumented(url, url.slice(home.length), loaded, registry, instrument)
      noteData(registry, url, loaded, context)
      return loaded
    },
  })
}

/** Functions may ask for the same again and again. */
function noteRequest({ requests }: Registry, parent: string, specifier: string, url: string): void {
  const made = requests.get(parent)
  if (made) made.set(specifier, url)
  else requests.set(parent, new Map([[specifier, url]]))
}

function noteData(
  { data }: Registry,
  url: string,
  { source }: LoadFnOutput,
  { conditions }: LoadHookContext,
): void {
  const way = conditions.includes('require') ? 'require' : 'import'
  const known = data.get(url)
  if (known) known.ways.add(way)
  else if (source) data.set(url, { url, text: bytesOf(source).toString(), ways: new Set([way]) })
}

const bytesOf = (source: NonNullable<LoadFnOutput['source']>): Buffer => {
  if (Buffer.isBuffer(source)) return source
  if (typeof source === 'string') return Buffer.from(source)
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source)
}

/** What is done with it is done when somebody asks, and once. */
function sourceOf(name: string, bytes: Buffer, format: ModuleFormat, typescript: boolean): ModuleSource {
  let text: string | null = null
  const javascript = () => {
    text ??= typescript ? stripTypes(bytes.toString()) : bytes.toString()
    return text
  }
  return { name, bytes, format, typescript, javascript }
}

/** Its text is asked for again where what was required is imported too: that is the same module. */
function moduleAt({ modules }: Registry, url: string, source: ModuleSource): LoadedModule {
  const known = modules.get(url)
  if (known && (known.living || (known.format === source.format && source.bytes.equals(known.bytes))))
    return known
  const module = createLoaded(url, source)
  modules.set(url, module)
  return module
}

/** Modules with the same text have the same key; all but the first get one of their own. */
function withOwnKey({ keys }: Registry, url: string, { code, key }: InstrumentedText): string {
  let own = key
  for (let count = 2; (keys.get(own) ?? url) !== url; count += 1) own = `${key}:${count}`
  keys.set(own, url)
  return own === key ? code : code.replaceAll(`"${key}"`, `"${own}"`)
}

function instrumented(
  url: string,
  name: string,
  loaded: LoadFnOutput,
  registry: Registry,
  instrument: Instrument,
): LoadFnOutput {
  const { source } = loaded
  if (source === null || source === undefined) return loaded
  const bytes = bytesOf(source)
  switch (loaded.format as string | null | undefined) {
    case 'module':
    case 'commonjs':
      return asFormat(loaded.format as ModuleFormat, false)
    case 'module-typescript':
      return asFormat('module', true)
    case 'commonjs-typescript':
      return asFormat('commonjs', true)
    // Node.js finds out by compiling it.
    case undefined:
    case null:
      return asEither()
    default:
      return loaded
  }

  function asFormat(format: ModuleFormat, typescript: boolean): LoadFnOutput {
    const module = note(sourceOf(name, bytes, format, typescript))
    return module ? { format, source: module, shortCircuit: true } : loaded
  }

  function asEither(): LoadFnOutput {
    const module =
      note(sourceOf(name, bytes, 'commonjs', false)) ?? note(sourceOf(name, bytes, 'module', false))
    return module ? { ...loaded, source: module } : loaded
  }

  function note(source: ModuleSource): string | null {
    const module = moduleAt(registry, url, source)
    try {
      const result = instrument(source)
      if (result === null) return null
      module.instrumented = true
      module.positions = result.positions
      module.edited = null
      return withOwnKey(registry, url, result)
    } catch (error) {
      // Node.js says what is wrong with it, in its own words, or knows what our parser does not.
      if (error instanceof SyntaxError) return null
      throw new Error(`hot loading could not read ${url}: ${messageOf(error)}`, { cause: error })
    }
  }
}
