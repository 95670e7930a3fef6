import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PEER_GLOBAL, type ReleaseToRun } from '../../rpc/protocol.ts'
import { isIn } from './resolution.ts'

/** Whose modules are hot. */
export interface Application {
  /** Its folder, without links. */
  root: string
  /** Its address, with a slash at the end. */
  home: string
  /** What a peer runs; `null` for a process of its own. */
  release: ReleaseToRun | null
  /** Whether a module belongs to it: what is in its folder, and not in `node_modules`. */
  has(url: string): boolean
}

/** The application that this process is about to run; `null` for one that runs none. */
export function findApplication(): Application | null {
  const release = (globalThis as { [PEER_GLOBAL]?: { release: ReleaseToRun } })[PEER_GLOBAL]?.release ?? null
  const folder = release?.dir ?? folderOfEntry()
  if (folder === null) return null
  const root = realpathSync(folder)
  const home = `${pathToFileURL(root).href}/`
  return {
    root,
    home,
    release,
    has: url => isIn(home, url),
  }
}

/** The folder of the nearest `package.json` above the program, or the program's own; `null` for a tool such as `npm`, which is a package itself. */
function folderOfEntry(): string | null {
  const [, program] = process.argv
  if (program === undefined) return null
  const entry = existsSync(program) ? realpathSync(program) : program
  if (entry.includes(`${sep}node_modules${sep}`)) return null
  const start = dirname(entry)
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder) || folder.endsWith(`${sep}node_modules`)) return start
  }
}
