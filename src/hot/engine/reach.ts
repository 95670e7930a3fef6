import { realpathSync } from 'node:fs'
import { posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Model } from '../model/model.ts'
import type { WorldModule } from '../plan/world.ts'
import type { ReleaseFiles } from './files.ts'
import type { LivingState } from './living.ts'
import { possibleRequests } from './possible-requests.ts'
import { reachedFrom } from './reached.ts'

/** What is known of who asks for whom. */
export interface ReachParts {
  modules: Map<string, WorldModule>
  changed: WorldModule[]
  states: Map<string, LivingState>
  byUrl: Map<string, { key: string }>
  /** What each module asked for, by its address; what does not belong to the application counts, too. */
  requests: Map<string, Map<string, string>>
  files: ReleaseFiles
}

export interface Reach {
  /** What somebody asked for until now, and nobody does any more. */
  gone: Set<string>
  /** What somebody asks for in the new release. */
  reached: Set<string>
}

/** Who is asked for before and after, from what the program began with. What is asked for by an expression may be asked for still. */
export function reachIn(parts: ReachParts): Reach {
  const { modules, states, files } = parts
  const isThere = (key: string) => states.get(key) === undefined || files.has(key)
  const roots = rootsOf(parts)
  const edges = edgesOf(parts)
  const before = closure(roots, edges.before)
  const reached = closure(roots.filter(isThere), key => edges.after(key).filter(isThere))
  return { gone: new Set([...before].filter(key => !reached.has(key) && modules.has(key))), reached }
}

function closure(from: string[], edges: (key: string) => string[]): Set<string> {
  const seen = new Set(from)
  for (const key of seen) for (const target of edges(key)) seen.add(target)
  return seen
}

/** The entry, and what no module of the application has asked for, or not only one of those. */
function rootsOf({ states, byUrl, requests }: ReachParts): string[] {
  const asked = new Set<string>()
  const roots = new Set<string>()
  for (const [parent, made] of requests) {
    const known = byUrl.has(parent)
    // What an upgrade has brought is known to have asked for itself.
    for (const url of made.values()) (known || url === parent ? asked : roots).add(url)
  }
  const [, program] = process.argv
  if (program !== undefined) roots.add(pathToFileURL(realPathOf(program)).href)
  return [...states.values()].flatMap(({ key, loaded: { url } }) =>
    roots.has(url) || !asked.has(url) ? [key] : [],
  )
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Started without its extension, or from a folder that is gone.
    return path
  }
}

/** What a module has asked for until now. */
interface Made {
  /** As it was written; `null` where hooks have not heard of it. */
  request: string | null
  target: string
}

function edgesOf({ modules, changed, states, byUrl, requests }: ReachParts) {
  const different = new Set(changed.map(({ key }) => key))
  const made = (key: string): Made[] => {
    const state = states.get(key)
    if (!state) return []
    const noted = requests.get(state.loaded.url) ?? new Map<string, string>()
    const urls = new Set(noted.values())
    const unnoted = [...reachedFrom(state, requests)].filter(url => !urls.has(url))
    return [...noted, ...unnoted.map(url => [null, url] as const)].flatMap(([request, url]) => {
      const target = byUrl.get(url)
      return target && states.has(target.key) ? [{ request, target: target.key }] : []
    })
  }

  function before(key: string): string[] {
    const state = states.get(key)
    if (!state) return []
    if (state.generation === 0) return made(key).map(({ target }) => target)
    const model = state.current()
    const written = [...possibleRequests(model).literal].flatMap(
      request => livingAt(key, request, states) ?? [],
    )
    return [...written, ...stillMade(made(key), model, null)]
  }

  function after(key: string): string[] {
    const module = modules.get(key)
    if (!module) return []
    if (!different.has(key)) return before(key)
    if (module.after === null) return []
    const asked = [...possibleRequests(module.after).literal].flatMap(request => {
      const target = module.target(request)
      return target && target.format !== 'json' ? [target.key] : []
    })
    return [...asked, ...stillMade(made(key), module.after, module.before)]
  }

  return { before, after }
}

/** The module that lives where a request leads which Node.js has not been asked for: an upgrade has brought it. */
function livingAt(from: string, request: string, states: ReachParts['states']): string | null {
  if (!request.startsWith('.')) return null
  const path = posix.join(posix.dirname(from), request)
  return ENDINGS.map(ending => path + ending).find(key => states.has(key)) ?? null
}

const ENDINGS = ['', '.js', '.cjs', '.mjs', '.ts', '/index.js', '/index.cjs', '/index.ts']

/** What was asked for by an expression may be asked for as long as there is one; what stood in the text only as long as it stands there. */
function stillMade(made: Made[], model: Model, before: Model | null): string[] {
  const { literal, computed } = possibleRequests(model)
  const written = before === null ? null : possibleRequests(before).literal
  return made.flatMap(({ request, target }) => {
    const isWritten = request !== null && literal.has(request)
    return isWritten || (computed && !(request !== null && written?.has(request))) ? [target] : []
  })
}
