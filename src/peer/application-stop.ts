import { constants } from 'node:os'

/** The application's own way to stop. */
export interface ApplicationStop {
  /** Set by `start()`: what the application's start function returned. */
  stop: (() => unknown) | null
}

/** PM2 taught its users `SIGINT`; everybody else uses `SIGTERM`. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const

export function hasOwnStop({ stop }: ApplicationStop): boolean {
  return stop !== null || STOP_SIGNALS.some(signal => process.listenerCount(signal) > 0)
}

/**
 * Runs the application's own stop and resolves to whether the process may be ended now: after a stop function
 * has resolved, and where there is none. A signal handler ends the process itself, by `process.exit` or
 * by leaving nothing open.
 */
export async function stopApplication({ stop }: ApplicationStop): Promise<boolean> {
  if (stop) {
    await stop()
    return true
  }
  const signal = STOP_SIGNALS.find(name => process.listenerCount(name) > 0)
  if (signal === undefined) return true
  Reflect.apply(process.emit, process, [signal, signal, constants.signals[signal]])
  return false
}
