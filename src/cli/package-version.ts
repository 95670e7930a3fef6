import { readFileSync } from 'node:fs'

/** Of this package: its `package.json` is one folder up from the built program, two from the source. */
export function packageVersion(): string {
  const path = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json'
  const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }
  return version
}
