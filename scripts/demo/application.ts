import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EXAMPLE = fileURLToPath(new URL('../../example', import.meta.url))

/** The application as it is, and after somebody worked on it: another colour, another version. */
export const VERSIONS = ['0.1.0', '0.2.0'] as const
const NEW_COLOUR = '#c2410c'

/** Copies the example's sources to `dir`. */
export async function copyExample(dir: string): Promise<void> {
  await cp(EXAMPLE, dir, { recursive: true, filter: path => !path.endsWith('node_modules') })
}

/** Makes the second version of the first. */
export async function editApplication(dir: string): Promise<void> {
  const [before, after] = VERSIONS
  for (const file of ['package.json', 'package-lock.json']) {
    await edit(join(dir, file), `"version": "${before}"`, `"version": "${after}"`)
  }
  await edit(join(dir, 'server.js'), /(?<=accent = ')[^']+/, NEW_COLOUR)
}

async function edit(file: string, find: string | RegExp, replacement: string): Promise<void> {
  const before = await readFile(file, 'utf8')
  const after = before.replace(find, replacement)
  if (after === before) throw new Error(`${file} does not have ${find}; the demo changes that.`)
  await writeFile(file, after)
}
