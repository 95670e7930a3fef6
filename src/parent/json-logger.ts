import { subscribe } from 'node:diagnostics_channel'
import { EVENTS } from '../rpc/events.ts'
import { type Logger, printLine } from './logger.ts'

/** One JSON object a line, on standard error. */
export function jsonLogger(app: string): Logger {
  const print = (level: 'info' | 'warn' | 'error') => (message: string) =>
    printLine(JSON.stringify({ time: new Date().toISOString(), level, app, message }))
  return { info: print('info'), warn: print('warn'), error: print('error') }
}

/** Prints every event of this process as such a line too. */
export function logEvents(): void {
  for (const name of Object.keys(EVENTS)) subscribe(name, logEvent)
}

/** At one level: a failure is told by the logger, as an error, and who counts those should not count it twice. */
function logEvent(message: unknown, event: string | symbol): void {
  const told = message as { at: string }
  printLine(JSON.stringify({ time: told.at, level: 'info', event, ...told }))
}
