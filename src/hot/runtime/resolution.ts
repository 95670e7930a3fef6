import { existsSync } from 'node:fs'
import type { ResolveFnOutput, ResolveHookContext } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Application } from './application.ts'
import type { Registry } from './registry.ts'

type Next = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput

/** Before a specifier that says who asks. */
const ASKED_BY = 'beam-deploy-hot:'

/** A specifier that is resolved as if the first of some modules asked for it that can get it. */
export const askedBy = (specifier: string, parents: string[]): string =>
  ASKED_BY + encodeURIComponent(JSON.stringify({ specifier, parents }))

/** `null` for any other specifier. */
export function resolveAsked(asked: string, context: ResolveHookContext, next: Next): ResolveFnOutput | null {
  if (!asked.startsWith(ASKED_BY)) return null
  const { specifier, parents } = JSON.parse(decodeURIComponent(asked.slice(ASKED_BY.length))) as {
    specifier: string
    parents: string[]
  }
  return firstOf(parents, parentURL => next(specifier, { ...context, parentURL }))
}

/** Whether a specifier names a file. */
export const isPath = (specifier: string): boolean => /^(?:\.{0,2}\/|\.{1,2}$|file:|#)/.test(specifier)

/** `require` is asked by a path: whatever a hook says, Node.js goes by the module that really asks. */
function askedFrom(
  parentURL: string | undefined,
  specifier: string,
  { conditions }: ResolveHookContext,
): string {
  if (parentURL === undefined || !specifier.startsWith('.') || !conditions.includes('require'))
    return specifier
  return join(dirname(fileURLToPath(parentURL)), specifier)
}

function firstOf<Choice>(choices: Choice[], resolve: (choice: Choice) => ResolveFnOutput): ResolveFnOutput {
  for (const [index, choice] of choices.entries()) {
    try {
      return resolve(choice)
    } catch (error) {
      if (index === choices.length - 1) throw error
    }
  }
  throw new Error('there is nothing to choose from')
}

/** Whether a module stands in a folder, and not in `node_modules` there. */
export function isIn(home: string, url: string): boolean {
  return url.startsWith(home) && !url.includes('/node_modules/', home.length - 1)
}

/**
 * Resolution once a process has been upgraded: a module that lives is that one wherever it is asked for, and any other comes from the
 * current release. Packages stay those that the process has.
 */
export function createResolution(
  { home: first }: Application,
  registry: Registry,
): (specifier: string, context: ResolveHookContext, next: Next) => ResolveFnOutput {
  const placeIn = (url: string): { home: string; rest: string } | null => {
    const home = [...registry.homes, first].find(each => url.startsWith(each))
    return home === undefined ? null : { home, rest: url.slice(home.length) }
  }

  function resolve(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
    const moved = inNewest(specifier)
    if (moved !== null) return firstOf([moved, specifier], each => next(each, context))
    // What is passed on is written into the very context.
    const { parentURL: asker } = context
    const place = asker === undefined ? null : placeIn(asker)
    if (!place) return next(specifier, context)
    const [there, here] = [newest() + place.rest, first + place.rest]
    // A package, or a file, may be there in one of the two only.
    if (!isPath(specifier))
      return firstOf([here, there], parentURL => next(specifier, { ...context, parentURL }))
    return firstOf([there, asker], parentURL => {
      const asked = parentURL === asker ? specifier : askedFrom(parentURL, specifier, context)
      return next(asked, { ...context, parentURL })
    })
  }

  const newest = () => registry.homes[0] ?? first

  /** What is asked for by where it stands in a release before, as it is found by `import.meta.url` or `__dirname` there. */
  function inNewest(specifier: string): string | null {
    const isUrl = specifier.startsWith('file:')
    if (!isUrl && !isAbsolute(specifier)) return null
    const url = isUrl ? specifier : pathToFileURL(specifier).href
    const place = placeIn(url)
    if (!place || place.home === newest() || !isIn(place.home, url)) return null
    const moved = newest() + place.rest
    return isUrl ? moved : fileURLToPath(moved)
  }

  /** The same module, where it lives. */
  function living(url: string): string | null {
    const place = placeIn(url)
    if (!place) return null
    if (!isIn(place.home, url)) {
      const before = first + place.rest
      return place.home !== first && existsSync(fileURLToPath(before)) ? before : null
    }
    for (const home of [first, ...registry.homes.toReversed()])
      if (registry.modules.get(home + place.rest)?.living) return home + place.rest
    return null
  }

  return (specifier, context, next) => {
    const resolved = resolve(specifier, context, next)
    const url = living(resolved.url)
    return url === null || url === resolved.url ? resolved : { ...resolved, url }
  }
}
