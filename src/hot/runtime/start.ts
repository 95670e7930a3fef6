import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { HOT_ENGINE } from '../../programs.ts'
import { HOT_GLOBAL, type HotFunctions, type HotHandle, type NoHotHandle } from '../../rpc/hot-contracts.ts'
import { findApplication } from './application.ts'
import { fileForTexts, keepCompiled } from './cache-folder.ts'
import type { SetVariable } from './facades.ts'
import { watchHeirs } from './heirs.ts'
import { hookLoading } from './hooks.ts'
import { createHotContext, type HotContext, noWishes } from './hot-context.ts'
import { tellHeirs } from './inherited.ts'
import { createRegistry, type Door, type WriteSlot } from './registry.ts'
import { correctStackTraces } from './stack-traces.ts'
import { observeStartup } from './startup.ts'
import { cacheTexts } from './text-cache.ts'
import { whenServing } from './when-serving.ts'

/** What instrumented modules call. */
interface ModuleCalls {
  note(id: string, slot: number, write: WriteSlot): 0
  unit(id: string, index: number, waits?: 1): void
  hot(id: string): HotContext
  loaded(id: string, door: Door, write: WriteSlot, inside: object): void
  facade(url: string, set: SetVariable): void
}

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
  const calls: ModuleCalls = {
    note: (id, slot, write) => startup.note(urlOf(id), slot, write),
    unit: (id, index, waits) => startup.unit(urlOf(id), index, waits === 1),
    hot: id => {
      const url = urlOf(id)
      const strange = noWishes()
      return createHotContext(url, () => registry.modules.get(url)?.wishes ?? strange, startup.current)
    },
    loaded: (id, door, write, inside) => {
      const url = urlOf(id)
      startup.left(url)
      const module = registry.modules.get(url)
      if (!module) return
      module.evaluatedAgain = module.living !== null
      module.living = { door, write, inside }
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
  const cache = cacheTexts(fileForTexts(application), source => engineProgram().instrumentText(source))
  const writeCompiled = keepCompiled(application)
  whenServing(() => {
    startup.end()
    setImmediate(() => {
      cache.save()
      writeCompiled()
    })
  })
  // For who has no clients. No listener of the process: the application can see those.
  setTimeout(cache.save, SAVE_AFTER_MS).unref()
  correctStackTraces((file, patched) => {
    if (patched) return registry.patched.get(file) ?? null
    return file.startsWith('node:') ? null : (registry.modules.get(urlOf(file))?.edited ?? null)
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
function urlOf(id: string): string {
  if (!id.startsWith('/') && !/^[A-Za-z]:\\/.test(id)) return id
  let url = urls.get(id)
  if (url === undefined) {
    url = pathToFileURL(id).href
    urls.set(id, url)
  }
  return url
}
