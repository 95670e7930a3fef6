import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The function `name` that a module of the release exports, or its default. */
export async function loadFunction(
  dir: string,
  path: string,
  name: string,
): Promise<(...args: unknown[]) => unknown> {
  const exported = (await import(pathToFileURL(join(dir, path)).href)) as Record<string, unknown>
  const found = exported[name] ?? exported.default
  if (typeof found === 'function') return found as (...args: unknown[]) => unknown
  throw new Error(`${path} exports no function ${name}, nor one as its default`)
}
