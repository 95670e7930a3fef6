import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of this package: its `package.json` is one folder up from the built program, two from the source. */
export function packageVersion(): string {
  const path = import.meta.filename.endsWith('.ts') ? '../../package.json' : '../package.json'
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8')) as { version: string }
  return version
}
