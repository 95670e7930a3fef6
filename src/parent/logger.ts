import { linesOf } from './lines.ts'

/** Where the parent tells what it does. `console` fits. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** To standard error, so that standard output carries the application's alone. */
export const stderrLogger: Logger = {
  info: message => printLine(`beam-deploy: ${message}`),
  warn: message => printLine(`beam-deploy: warning: ${message}`),
  error: message => printLine(`beam-deploy: error: ${message}`),
}

/** On a line of its own, whatever a peer has begun there. */
export function printLine(line: string): void {
  process.stderr.write(linesOf(process.stderr).own(line))
}
