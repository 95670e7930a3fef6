import { existsSync } from 'node:fs'
import type { ResolveFnOutput, ResolveHookContext } from 'node:module'
import { fileURLToPath } from 'node:url'
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
  for (const [index, parentURL] of parents.entries()) {
    try {
      return next(specifier, { ...context, parentURL })
    } catch (error) {
      if (index === parents.length - 1) throw error
    }
  }
  throw new Error(`nobody asks for ${specifier}`)
}

/** Whether a specifier names a file. */
export const isPath = (specifier: string): boolean => /^(?:\.{0,2}\/|file:|#)/.test(specifier)

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
    const { parentURL } = context
    const place = parentURL === undefined ? null : placeIn(parentURL)
    if (place && !isPath(specifier))
      return withFallback(first + place.rest, (registry.homes[0] ?? first) + place.rest)
    return withFallback((registry.homes[0] ?? first) + (place?.rest ?? ''), parentURL)

    /** A package, or a file, may be there in one of the two only. */
    function withFallback(one: string, other: string | undefined): ResolveFnOutput {
      if (!place) return next(specifier, context)
      try {
        return next(specifier, { ...context, parentURL: one })
      } catch (error) {
        if (other === one || other === undefined) throw error
        return next(specifier, { ...context, parentURL: other })
      }
    }
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
