import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { HOT_ENGINE } from '../../programs.ts'
import { HOT_GLOBAL, type HotFunctions, type HotHandle, type NoHotHandle } from '../../rpc/hot-contracts.ts'
import { findApplication } from './application.ts'
import { fileForTexts, keepCompiled } from './cache-folder.ts'
import type { SetVariable } from './facades.ts'
import { watchHeirs } from './heirs.ts'
import { hookLoading } from './hooks.ts'
import { createHotContext, type HotContext, noWishes, ownWishes } from './hot-context.ts'
import { tellHeirs } from './inherited.ts'
import { createRegistry, type Door, editedOf, type WriteSlot } from './registry.ts'
import { correctStackTraces } from './stack-traces.ts'
import { observeStartup } from './startup.ts'
import { cacheTexts } from './text-cache.ts'
import { whenServing } from './when-serving.ts'

/** What instrumented modules call. */
interface ModuleCalls {
  note(id: string, slot: number, write: WriteSlot): 0
  module(id: string): Tell
  hot(id: string): HotContext
  facade(url: string, set: SetVariable): void
}

/** Tells which top-level statement of a module runs: with 1 that it waits, with 2 that it is calm; at the end of the module, what that leaves there. */
type Tell = (first: number | Door, second?: 1 | 2 | WriteSlot) => void

export function startHotLoading(): void {
  const application = findApplication()
  if (application === null) return
  tellHeirs()
  if (!generatesCode()) {
    withoutEngine(CODE_DISALLOWED)
    return
  }
  const registry = createRegistry()
  const startup = observeStartup()
  const heirs = watchHeirs()
  // Also modules that have not come to their end: they may be asked for again and again.
  const begun = new Set<string>()
  const urlOf = (id: string) => registry.keys.get(id) ?? urlOfFile(id)
  const loaded = (url: string, door: Door, write: WriteSlot) => {
    startup.left(url)
    const module = registry.modules.get(url)
    if (!module) return
    module.evaluatedAgain = module.living !== null
    module.living = {
      door,
      write,
      get inside() {
        return door('') as object
      },
    }
  }
  const calls: ModuleCalls = {
    note: (id, slot, write) => startup.note(urlOf(id), slot, write),
    module: id => {
      const url = urlOf(id)
      const again = begun.has(url)
      begun.add(url)
      return (first, second) => {
        if (typeof first !== 'number') {
          if (typeof second === 'function') loaded(url, first, second)
        } else if (second === 2) startup.calmUnit(url, first, again)
        else startup.unit(url, first, second === 1, again)
      }
    },
    hot: id => {
      const url = urlOf(id)
      const strange = { wishes: noWishes() }
      return createHotContext(url, () => ownWishes(registry.modules.get(url) ?? strange), startup.current)
    },
    facade: (url, set) => registry.facades.modules.get(url)?.bind(set),
  }
  let engine: HotFunctions | null = null
  const own = () => {
    engine ??= engineProgram().createEngine({ application, registry, startup, heirs })
    return engine
  }
  let standalone: Pick<HotHandle, 'hotUpgrade' | 'planUpgrade'> | null = null
  const alone = () => {
    standalone ??= engineProgram().createStandalone(own(), application.root)
    return standalone
  }
  const handle: HotHandle & ModuleCalls = {
    ...calls,
    protocol: 1,
    prepareHot: async request => own().prepareHot(request),
    commitHot: async () => own().commitHot(),
    settleHot: async () => own().settleHot(),
    revertHot: async () => own().revertHot(),
    discardHot: async () => own().discardHot(),
    hotSummary: () => own().hotSummary(),
    hotUpgrade: async (path, rules) => alone().hotUpgrade(path, rules),
    planUpgrade: async (path, rules) => alone().planUpgrade(path, rules),
    tookEndpoint: server => startup.opened('ENDPOINT', server),
  }
  Object.defineProperty(globalThis, HOT_GLOBAL, { value: handle, configurable: true })
  const cache = cacheTexts(
    fileForTexts(application),
    source => engineProgram().instrumentText(source),
    // For who has no clients, and for what is loaded later. No listener of the process: the application can see those.
    () => startup.aside(() => setTimeout(cache.save, SAVE_AFTER_MS).unref()),
  )
  const writeCompiled = keepCompiled(application)
  whenServing(() => {
    startup.end()
    setImmediate(() => {
      cache.save()
      writeCompiled()
    })
  })
  correctStackTraces((file, patched) => {
    if (patched) return registry.patched.get(file) ?? null
    const module = file.startsWith('node:') ? undefined : registry.modules.get(urlOfFile(file))
    return module ? editedOf(module) : null
  })
  hookLoading(application, registry, cache.instrument)
}

const SAVE_AFTER_MS = 3_000

const CODE_DISALLOWED =
  'this Node.js does not generate code from strings (--disallow-code-generation-from-strings), which replacing code takes'

/** Functions from strings, and `eval`, can be switched off as a whole. */
function generatesCode(): boolean {
  try {
    return typeof new Function() === 'function'
  } catch (error) {
    if (error instanceof EvalError) return false
    throw error
  }
}

/** The application runs as it would without hot loading. */
function withoutEngine(why: string): void {
  const handle: NoHotHandle = { protocol: 1, unavailable: why }
  Object.defineProperty(globalThis, HOT_GLOBAL, { value: handle, configurable: true })
  process.emitWarning(
    `hot loading is off: ${why}. The application runs without; its code cannot be replaced`,
    {
      type: 'BeamDeployWarning',
      code: 'hot_unavailable',
    },
  )
}

type EngineProgram = typeof import('../engine/main.ts')

let program: EngineProgram | null = null

/** Loaded when it is first needed. The application does not find it among its modules. */
function engineProgram(): EngineProgram {
  if (program) return program
  const require = createRequire(import.meta.filename)
  program = require(HOT_ENGINE) as EngineProgram
  delete require.cache[HOT_ENGINE]
  return program
}

const urls = new Map<string, string>()

/** CommonJS modules know themselves by their path. */
function urlOfFile(id: string): string {
  if (!id.startsWith('/') && !/^[A-Za-z]:\\/.test(id)) return id
  let url = urls.get(id)
  if (url === undefined) {
    url = pathToFileURL(id).href
    urls.set(id, url)
  }
  return url
}
