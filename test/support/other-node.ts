import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path: string) =>
  fileURLToPath(new URL(`../../${path}/node_modules/node/bin/node`, import.meta.url))

/** The Node.js of the supported major that does not run these tests. */
export const OTHER_NODE = process.version.startsWith('v24.') ? at('test/other-node') : at('.')

/** Its version, without the `v`. */
export const otherVersion = (): string =>
  execFileSync(OTHER_NODE, ['--version'], { encoding: 'utf8' }).trim().slice(1)

/** A program as small as can be that is that Node.js: what stands in a release for the 100 MB of a real one. */
export const WRAPPER = `#!/bin/sh\nexec '${OTHER_NODE}' "$@"\n`

/** Puts an executable file into a folder. */
export function putProgram(dir: string, path: string, text: string): string {
  const file = join(dir, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}
