import { BeamDeployError } from '../../errors.ts'
import type { UnitRun } from './unit-run.ts'

/** What a module exports, by name. Read anew each time: what an upgrade changes or adds is seen here. */
export type HotExports = Record<string, unknown>

/**
 * `import.meta.hot`: how a module takes its own replacement in hand, in the words of Vite. There only in a process with hot loading, hence
 * `import.meta.hot?.…`; in a CommonJS module it is `module.hot`.
 */
export interface HotContext {
  /**
   * Always the same object, empty at first: what `dispose` puts here, statements that run anew can take.
   */
  readonly data: Record<string, unknown>
  /**
   * Statements of this module that a change reaches may run once more, those with an effect and those that begin live state anew included.
   * What they have opened (timers, servers, sockets) also needs a {@link HotContext.dispose}.
   */
  accept(): void
  /** The same; called with what this module exports once its statements have run anew. */
  accept<Exports extends object = HotExports>(replaced: (module: Exports) => unknown): void
  /**
   * The statements of this module that use what `dependency` exports are left as they are when that changes. Instead this is called, once in
   * each upgrade that changes the dependency or a module below it, after everything has run anew. If the upgrade is undone after that, it is
   * called once more, with what was there before.
   *
   * @param dependency as it is imported, or any other path to the same module.
   */
  accept<Exports extends object = HotExports>(dependency: string, changed: (module: Exports) => unknown): void
  /** The same for several; those that have not changed are `undefined`. */
  accept(dependencies: readonly string[], changed: (modules: (HotExports | undefined)[]) => unknown): void
  /**
   * Called once, before what this callback concerns runs anew or is gone, with or without its module: to end what that had begun. It concerns
   * the statement that has given it, and those that declare or use the variables which it uses, itself or through functions of the module;
   * all of these run anew, but for variables that nothing was called for (`new Map()`): they keep their value. Modules that import come before those that they import. A promise that it gives is not waited for before the
   * new statements run, but before the upgrade is over, for as long as stateful processes may take to be suspended; one that rejects
   * undoes the upgrade.
   *
   * When an upgrade is undone, the callbacks that its own statements have given are called, and the old statements run once more.
   */
  dispose(dispose: (data: Record<string, unknown>) => unknown): void
  /**
   * In a callback of `accept`, or in a statement that runs anew: the change cannot be taken after all. Throws; the whole upgrade is undone, even
   * if that is caught.
   */
  invalidate(message?: string): never
}

/** Something that a module has said. `by` is the statement that said it, with what goes on in its name; `null` where none is known. */
interface Said {
  by: UnitRun | null
}

export interface Acceptance extends Said {
  replaced: ((module: HotExports) => unknown) | null
}

export interface DependencyAcceptance extends Said {
  requests: string[]
  changed(modules: (HotExports | undefined)[]): unknown
}

export interface Disposal extends Said {
  dispose(data: Record<string, unknown>): unknown
}

/** What a module has said with its `import.meta.hot`. */
export interface HotWishes {
  acceptances: Acceptance[]
  dependencies: DependencyAcceptance[]
  disposals: Disposal[]
  data: Record<string, unknown>
  /** With what it has said that it cannot take a change. */
  invalidated: Error | null
}

/** Of all modules that have said nothing, as most do. */
export const NO_WISHES: HotWishes = Object.freeze({
  acceptances: Object.freeze([]) as never[],
  dependencies: Object.freeze([]) as never[],
  disposals: Object.freeze([]) as never[],
  data: Object.freeze({}),
  invalidated: null,
})

/** To be written to. The engine is a program of its own, with another {@link NO_WISHES}. */
export function ownWishes(module: { wishes: HotWishes }): HotWishes {
  if (Object.isFrozen(module.wishes)) module.wishes = noWishes()
  return module.wishes
}

export const noWishes = (): HotWishes => ({
  acceptances: [],
  dependencies: [],
  disposals: [],
  data: {},
  invalidated: null,
})

/**
 * @param wishes of the module now: an upgrade begins them anew.
 * @param current the statement that runs now.
 */
export function createHotContext(
  url: string,
  wishes: () => HotWishes,
  current: () => UnitRun | null,
): HotContext {
  const check = (callback: unknown, call: string) => {
    if (typeof callback !== 'function')
      throw new TypeError(`import.meta.hot.${call} needs a callback (${url})`)
  }

  function accept(first?: unknown, callback?: (given: unknown) => unknown): void {
    const by = current()
    if (first === undefined || typeof first === 'function') {
      wishes().acceptances.push({ by, replaced: (first ?? null) as Acceptance['replaced'] })
      return
    }
    check(callback, `accept(${JSON.stringify(first)})`)
    const one = typeof first === 'string'
    const changed: DependencyAcceptance['changed'] = modules => callback?.(one ? modules[0] : modules)
    wishes().dependencies.push({ by, requests: one ? [first] : [...(first as string[])], changed })
  }

  return {
    get data() {
      return wishes().data
    },
    accept: accept as HotContext['accept'],
    dispose: dispose => {
      check(dispose, 'dispose()')
      wishes().disposals.push({ by: current(), dispose })
    },
    invalidate: (message = 'it cannot take the change') => {
      const error = new BeamDeployError('hot_upgrade_failed', `${url}: ${message}`, { phase: 'commit' })
      wishes().invalidated ??= error
      throw error
    },
  }
}
