import type { ResolveFnOutput, ResolveHookContext } from 'node:module'

/**
 * An ES module has its exports once and for all. Where an upgrade has changed which ones a living module has, modules that are loaded later get
 * another one in its place: its facade, which passes on what the living one has by now.
 */
export interface Facade {
  /** What is imported in place of the module. */
  imported: string
  /** What is required in place of it; `null` for CommonJS, which is required itself. */
  required: string | null
}

/** The module that a facade is. */
export interface FacadeModule {
  text(): string
  /** From now on its variables are kept up to date; called when it is evaluated. */
  bind(set: SetVariable): void
}

/** Sets a variable of a facade, by its place among them. */
export type SetVariable = (index: number, value: unknown) => void

export interface Facades {
  /** By the addresses of the living modules. */
  current: Map<string, Facade>
  /** By their own addresses; those that were replaced by another one stay as well. */
  modules: Map<string, FacadeModule>
}

export const createFacades = (): Facades => ({ current: new Map(), modules: new Map() })

/** What asks for a facade by its own address, and what a facade asks for, is that and nothing else. `null` for any other request. */
export function resolveFacade(
  { modules }: Facades,
  specifier: string,
  { parentURL }: ResolveHookContext,
): ResolveFnOutput | null {
  if (modules.has(specifier)) return { url: specifier, format: 'module', shortCircuit: true }
  if (parentURL === undefined || !modules.has(parentURL) || !specifier.startsWith('file:')) return null
  return { url: specifier, shortCircuit: true }
}

/** The facade of what was resolved, if it has one. */
export function throughFacade(
  { current }: Facades,
  resolved: ResolveFnOutput,
  { conditions }: ResolveHookContext,
): ResolveFnOutput {
  const facade = current.get(resolved.url)
  const url = conditions.includes('require') ? facade?.required : facade?.imported
  return url ? { ...resolved, url, format: 'module' } : resolved
}
