/** What runs in the parent's care through every cutover: what `start` of a {@link ParentChild} returns. */
export interface ParentChildInstance {
  /** Ends it; called after the last peer has ended. */
  stop?: () => unknown
  /** Settles when it has ended by itself: it is then started again. Without it, it is taken to live until it is stopped. */
  exited?: Promise<unknown>
}

/**
 * A service that outlives every release: started before the first peer, stopped after the last. Peers call the methods of what
 * `start` returns with `callParent(id, method, …)`.
 */
export interface ParentChild {
  /** Names it among the parent children. */
  id: string
  /** Starts it, in the parent. Called again when it has ended by itself. */
  start: () => ParentChildInstance | object | undefined | Promise<ParentChildInstance | object | undefined>
}

const NOT_CALLABLE = new Set(['stop', 'exited', 'constructor'])

/** The functions of an instance that others may call: its own and those of its class. */
export function methodsOf(instance: object): Map<string, (...args: unknown[]) => unknown> {
  const methods = new Map<string, (...args: unknown[]) => unknown>()
  for (let level = instance; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (NOT_CALLABLE.has(name) || methods.has(name)) continue
      const value: unknown = Reflect.get(instance, name)
      if (typeof value === 'function') methods.set(name, value.bind(instance))
    }
  }
  return methods
}
