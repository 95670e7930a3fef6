import { readFileSync, symlinkSync } from 'node:fs'
import { checkEntry, readPackage, resolveEntry } from './entry.ts'
import type { Placed } from './extract.ts'
import { linkProblem } from './links.ts'
import { MANIFEST_PATH } from './manifest.ts'
import { parseManifest } from './manifest-read.ts'
import type { Refuse } from './refusal.ts'
import { quote } from './tar-reader.ts'
import type { UnpackedRelease } from './unpacked.ts'
import { checkReservedFolder, verifyFiles } from './verify.ts'

type Placement = ReadonlyMap<string, Placed>
type Facts = Pick<UnpackedRelease, 'name' | 'version' | 'entry' | 'manifest' | 'nativeAddons'>

/**
 * With all files of an archive in place below `draft`: finds the release's root (`dir`), makes the links, compares
 * with the manifest, and finds out what the release is.
 */
export function settle(draft: string, all: Placement, refuse: Refuse): Facts & { dir: string } {
  const top = topFolderOf(all)
  const dir = top === null ? draft : `${draft}/${top}`
  const placed = top === null ? all : below(all, `${top}/`)
  checkReservedFolder(placed, refuse)
  makeLinks(dir, placed, refuse)
  return { dir, ...describe(dir, placed, refuse) }
}

function describe(dir: string, placed: Placement, refuse: Refuse): Facts {
  const { name, version, main } = readPackage(dir, refuse)
  if (!placed.has(MANIFEST_PATH)) {
    return { name, version, entry: resolveEntry(dir, main, refuse), nativeAddons: addonsOf(placed) }
  }
  const manifest = parseManifest(readFileSync(`${dir}/${MANIFEST_PATH}`, 'utf8'), refuse)
  verifyFiles(manifest, placed, refuse)
  if (manifest.name !== name || manifest.version !== version) {
    const said = `${manifest.name} ${manifest.version}`
    throw refuse(`its manifest is that of ${said}, but its package.json that of ${name} ${version}`)
  }
  const entry = checkEntry(dir, manifest.entry, refuse)
  return { name, version, entry, manifest, nativeAddons: manifest.nativeAddons }
}

const addonsOf = (placed: Placement) =>
  [...placed.keys()].filter(path => path.endsWith('.node') && placed.get(path)?.kind === 'file').sort()

/** All links are judged before the first is made. */
function makeLinks(dir: string, placed: Placement, refuse: Refuse): void {
  const links = new Map<string, string>()
  for (const [path, what] of placed) if (what.kind === 'symlink') links.set(path, what.target)
  for (const [path, target] of links) {
    const problem = linkProblem(links, path)
    if (problem) throw refuse(`entry ${quote(path)} is a symbolic link to ${quote(target)}, which ${problem}`)
  }
  for (const [path, target] of links) symlinkSync(target, `${dir}/${path}`)
}

/** The archive's one top folder, when the application is in there. */
function topFolderOf(placed: Placement): string | null {
  const tops = new Set<string>()
  for (const path of placed.keys()) tops.add(path.split('/', 1)[0] ?? '')
  const [top] = tops
  return tops.size === 1 && top !== undefined && placed.has(`${top}/package.json`) ? top : null
}

function below(placed: Placement, root: string): Placement {
  const result = new Map<string, Placed>()
  for (const [path, what] of placed) if (path.startsWith(root)) result.set(path.slice(root.length), what)
  return result
}
