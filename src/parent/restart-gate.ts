/** Through which crashed peers come back. It is closed while it is being decided which release they are to run. */
export interface RestartGate {
  /** Runs one restart, as soon as the gate is open. */
  pass<T>(restart: () => Promise<T>): Promise<T>
  close(): ClosedGate
}

export interface ClosedGate extends Disposable {
  /** Resolves when no restart that was under way is left. */
  readonly quiet: Promise<void>
}

export function createRestartGate(): RestartGate {
  const running = new Set<Promise<unknown>>()
  let closed: Promise<void> | null = null
  return {
    pass: async restart => {
      while (closed) await closed
      const run = restart()
      running.add(run)
      return run.finally(() => running.delete(run))
    },
    close: () => {
      const opened = Promise.withResolvers<void>()
      closed = opened.promise
      return {
        quiet: Promise.allSettled(running).then(() => undefined),
        [Symbol.dispose]: () => {
          closed = null
          opened.resolve()
        },
      }
    },
  }
}
