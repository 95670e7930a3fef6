import { pathToFileURL } from 'node:url'
import type { LivingState } from './living.ts'

const urls = new Map<string, string>()

/**
 * Addresses of all that a loaded module has asked for. Hooks do not hear of what `require` has found before for another module of the same
 * folder: such modules are among the children of who asked.
 */
export function reachedFrom(
  { loaded: { url, format, living } }: LivingState,
  requests: Map<string, Map<string, string>>,
): Set<string> {
  const reached = new Set(requests.get(url)?.values())
  if (format === 'commonjs' && living !== null)
    for (const { filename } of (living.inside as NodeJS.Module).children) reached.add(urlOf(filename))
  return reached
}

function urlOf(filename: string): string {
  let url = urls.get(filename)
  if (url === undefined) {
    url = pathToFileURL(filename).href
    urls.set(filename, url)
  }
  return url
}
