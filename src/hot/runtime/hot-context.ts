import { BeamDeployError } from '../../errors.ts'

/**
 * `import.meta.hot`: how a module takes its own replacement in hand, in the words of Vite. There only in a process with hot loading;
 * in a CommonJS module it is `module.hot`.
 */
export interface HotContext {
  /** Kept from one upgrade to the next: what `dispose` puts here, the statements that run anew can take. */
  readonly data: Record<string, unknown>
  /** What of this module would have to run once more may do so, effects and live state included. */
  accept(): void
  /** When what a module exports changes, this is called, in place of running anew what was computed from it here. */
  accept(dependency: string, callback: (module: Record<string, unknown>) => void): void
  accept(dependencies: readonly string[], callback: (modules: Record<string, unknown>[]) => void): void
  /** Called before statements of this module run anew, or when it is gone: to end what they had begun. */
  dispose(callback: (data: Record<string, unknown>) => void): void
  /** In a callback of `accept`: the change cannot be taken after all. The whole upgrade is undone. */
  invalidate(message?: string): never
}

/** What a module has said with its `import.meta.hot`. */
export interface HotWishes {
  accepts: boolean
  dependencies: { requests: string[]; changed(modules: Record<string, unknown>[]): void }[]
  disposals: ((data: Record<string, unknown>) => void)[]
  data: Record<string, unknown>
}

export const noWishes = (data: Record<string, unknown> = {}): HotWishes => ({
  accepts: false,
  dependencies: [],
  disposals: [],
  data,
})

/** @param wishes of the module now: an upgrade begins them anew. */
export function createHotContext(url: string, wishes: () => HotWishes): HotContext {
  type Callback = (modules: Record<string, unknown> | Record<string, unknown>[]) => void

  function accept(dependencies?: string | readonly string[], callback?: Callback): void {
    if (dependencies === undefined) {
      wishes().accepts = true
      return
    }
    if (typeof callback !== 'function')
      throw new TypeError(`import.meta.hot.accept(${JSON.stringify(dependencies)}) needs a callback (${url})`)
    const one = typeof dependencies === 'string'
    const requests = one ? [dependencies] : [...dependencies]
    const changed = (modules: Record<string, unknown>[]) => callback(one ? (modules[0] ?? {}) : modules)
    wishes().dependencies.push({ requests, changed })
  }

  return {
    get data() {
      return wishes().data
    },
    accept: accept as HotContext['accept'],
    dispose: callback => void wishes().disposals.push(callback),
    invalidate: (message = 'it cannot take the change') => {
      throw new BeamDeployError('hot_upgrade_failed', `${url}: ${message}`, { phase: 'commit' })
    },
  }
}
