/** Where the parent tells what it does. `console` fits. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** To standard error, so that standard output carries the application's alone. */
export const stderrLogger: Logger = {
  info: message => void process.stderr.write(`beam-deploy: ${message}\n`),
  warn: message => void process.stderr.write(`beam-deploy: warning: ${message}\n`),
  error: message => void process.stderr.write(`beam-deploy: error: ${message}\n`),
}
