import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Model, Piece } from '../model/model.ts'
import { assetNamesIn } from '../plan/asset-names.ts'
import { beforeOf } from '../plan/find-units.ts'
import type { WorldModule } from '../plan/world.ts'
import type { Startup } from '../runtime/startup.ts'
import type { BuiltWorld } from './built-world.ts'
import type { Releases } from './packages.ts'
import { sameFile } from './same-file.ts'

/** Files of the release that are no code: what was read from them at the start is of the release before. */
export interface Assets {
  /** Modules that may have read some. */
  readers: WorldModule[]
  /** A file or folder of the release that differs, and that a piece of a module names; `null` where there is none. */
  changedIn(module: WorldModule, model: Model, piece: Piece): string | null
}

export function assetsOf(
  { modules, stateOf, data }: BuiltWorld,
  { runs }: Startup,
  releases: Releases,
): Assets {
  const readers = new Map<string, WorldModule>()
  const byUrl = new Map<string, WorldModule>()
  for (const module of modules.values()) {
    const state = stateOf(module)
    if (state === null) continue
    byUrl.set(state.loaded.url, module)
    if (state.mayReadFiles()) readers.set(state.loaded.url, module)
  }
  const callers = new Set<WorldModule>()
  for (const { url, ran } of runs()) {
    const module = byUrl.get(url)
    if (module && ran.some(each => readers.has(each.url))) callers.add(module)
  }
  const ranReader = (module: WorldModule, piece: Piece) =>
    piece.kind === 'unit' &&
    (module.runOf(beforeOf(module, piece))?.ran ?? []).some(each => readers.has(each.url))
  const known = new Map<string, boolean>()
  // What modules have loaded of JSON is put in place.
  for (const { key } of data) known.set(key, false)
  const differs = (path: string) => {
    const is = known.get(path) ?? isAssetThatDiffers(path, releases)
    known.set(path, is)
    return is
  }
  return {
    readers: [...new Set([...readers.values(), ...callers])],
    changedIn: (module, model, piece) => {
      for (const name of assetNamesIn(model, piece, ranReader(module, piece))) {
        const beside = posix.join(posix.dirname(module.key), name)
        const found = [beside, posix.normalize(name)].find(path => !path.startsWith('..') && differs(path))
        if (found !== undefined) return found
      }
      return null
    },
  }
}

function isAssetThatDiffers(path: string, { homes: [from = ''], to }: Releases): boolean {
  if (path === '.' || /^node_modules(?:\/|$)/.test(path)) return false
  return entriesDiffer(join(from, path), join(to, path))
}

/** Whether the content of two files or folders differs; code does not count. */
function entriesDiffer(one: string, other: string): boolean {
  const [a, b] = [one, other].map(path => statSync(path, { throwIfNoEntry: false }))
  if (a === undefined) return b?.isFile() === true && !isCode(other)
  if (a.isDirectory() && (b === undefined || b.isDirectory())) return foldersDiffer(one, other)
  return !isCode(one) && !sameFile(one, other)
}

function foldersDiffer(one: string, other: string): boolean {
  const names = new Set([one, other].flatMap(folder => (existsSync(folder) ? readdirSync(folder) : [])))
  for (const name of names) {
    if (name === 'node_modules') continue
    if (entriesDiffer(join(one, name), join(other, name))) return true
  }
  return false
}

const isCode = (path: string) => /\.[cm]?[jt]sx?$|\.node$/.test(path)
