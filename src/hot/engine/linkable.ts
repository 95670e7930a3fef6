import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Facades } from '../runtime/facades.ts'
import type { Link } from './requests.ts'

/** What stops the evaluation of a probe. Evaluated once: it throws one and the same error each time. */
const STOP = 'throw new Error("this module is only linked")'

let probes = 0
let stop: { url: string; error: unknown } | null = null

/**
 * What keeps a name from being imported, found without running any of what has it: a module that imports it is linked, but its evaluation ends before
 * it gets there.
 *
 * @param specifier of the module that is to have it.
 * @param way how the one that imports it will be loaded: `require` does not take what waits.
 * @returns the error of Node.js; `null` where it can be imported.
 */
export async function linkError(
  { name, attributes }: Link,
  specifier: string,
  way: 'import' | 'require',
  { modules }: Facades,
): Promise<{ error: unknown } | null> {
  stop ??= await stopping(modules)
  const type = attributes.type === undefined ? '' : `with{type:${JSON.stringify(attributes.type)}}`
  const names = name === null || name === '*' ? '' : `{${JSON.stringify(name)} as x}from`
  const text = `import${JSON.stringify(stop.url)};import${names}${JSON.stringify(specifier)}${type}`
  const error = await errorOf(text, way, modules)
  return error === stop.error ? null : { error }
}

async function stopping(modules: Facades['modules']): Promise<{ url: string; error: unknown }> {
  const url = addModule(STOP, modules)
  const error = await import(url).catch((thrown: unknown) => thrown)
  return { url, error }
}

async function errorOf(
  text: string,
  way: 'import' | 'require',
  modules: Facades['modules'],
): Promise<unknown> {
  const url = addModule(text, modules)
  try {
    return await (way === 'import' ? import(url) : createRequire(import.meta.filename)(url))
  } catch (error) {
    return error
  } finally {
    modules.delete(url)
  }
}

/** Addresses are given once: Node.js remembers what it found there. */
function addModule(text: string, modules: Facades['modules']): string {
  probes += 1
  const url = `${pathToFileURL(import.meta.filename).href}.beam-deploy-hot-probe=${probes}.mjs`
  modules.set(url, { text: () => text, bind: () => undefined })
  return url
}
