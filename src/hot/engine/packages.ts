import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import { sameFile } from './same-file.ts'

/** Folders of packages under a release's `node_modules`, relative to the release, with their versions. */
type Packages = Map<string, string>

export interface Releases {
  /** Folders of the releases that this process has been upgraded to, the running one first, the one that it began with last. */
  homes: string[]
  /** Folder of the release that is to run. */
  to: string
}

/** Where a file stands in its release, with forward slashes; `null` for one of no release. */
export function placeIn({ homes }: Releases, path: string): string | null {
  const home = homes.find(each => path.startsWith(each + sep))
  return home === undefined
    ? null
    : path
        .slice(home.length + 1)
        .split(sep)
        .join('/')
}

/**
 * Packages in `node_modules` that the new release has in another version, or with another content. What runs of them stays, since they are
 * not instrumented; so they have to be the same.
 *
 * @param loaded addresses of the files of packages that run.
 */
export function packageReasons(releases: Releases, loaded: Iterable<string>): HotReason[] {
  const {
    homes: [from = ''],
    to,
  } = releases
  if (realPath(join(from, 'node_modules')) === realPath(join(to, 'node_modules'))) return []
  const before = packagesIn(from, to)
  const after = packagesIn(to, from)
  const reasons = new Map<string, HotReason>()
  for (const [folder, version] of before) {
    const other = after.get(folder) ?? versionAround(folder, after)
    if (other !== undefined && other !== version)
      reasons.set(folder, reasonOf(folder, `is ${other} in the release, and ${version} runs`))
  }
  for (const [folder, version] of after) {
    const known = before.get(folder) ?? versionAround(folder, before)
    if (known !== undefined && known !== version && before.has(ownerOf(folder) ?? ''))
      reasons.set(folder, reasonOf(folder, `is ${version} in the release, and ${known} runs`))
  }
  for (const file of loaded) {
    const path = fileURLToPath(file)
    const rest = placeIn(releases, path)
    const folder = rest === null ? null : folderOf(rest, before)
    if (rest === null || folder === null || reasons.has(folder)) continue
    const elsewhere = after.has(folder) ? [] : versionsOf(nameOf(folder), after)
    if (elsewhere.length > 0 && !elsewhere.includes(before.get(folder) ?? ''))
      reasons.set(
        folder,
        reasonOf(folder, `is ${elsewhere.join(', ')} in the release, and ${before.get(folder)} runs`),
      )
    else if (after.has(folder) && !sameFile(path, join(to, rest)))
      reasons.set(
        folder,
        reasonOf(folder, `has another ${rest.slice(folder.length + 1)} under the same version`),
      )
  }
  return [...reasons.values()]
}

/** Packages that modules ask for and that the new release does not have, although the running one does. */
export function missingReasons(
  { homes: [from = ''], to }: Releases,
  asked: Iterable<{ module: string; requests: string[] }>,
): HotReason[] {
  const missing = new Map<string, boolean>()
  const reasons: HotReason[] = []
  for (const { module, requests } of asked) {
    for (const request of requests) {
      const name = PACKAGE.exec(request)?.[0]
      if (name === undefined || request.startsWith('node:')) continue
      const folder = join('node_modules', name)
      const is = missing.get(name) ?? (existsSync(join(from, folder)) && !existsSync(join(to, folder)))
      missing.set(name, is)
      if (is) reasons.push(missingReason(module, name))
    }
  }
  return reasons
}

/** What stands before the first slash, or with a scope before the second. */
const PACKAGE = /^(?:@[^/]+\/)?[^./#@][^/]*/

const missingReason = (module: string, name: string): HotReason => ({
  module,
  line: null,
  message: `it asks for ${name}, which is not in the \`node_modules\` of the release`,
  remedy: 'Build the release again with its dependencies.',
  allow: null,
})

const reasonOf = (folder: string, what: string): HotReason => ({
  module: folder,
  line: null,
  message: `${nameOf(folder)} ${what}: packages are not replaced in a running process`,
  remedy: 'Use `upgrade()`.',
  allow: folder,
})

const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The package that has a package for itself in its own `node_modules`. */
function ownerOf(folder: string): string | null {
  const at = folder.lastIndexOf('/node_modules/')
  return at < 0 ? null : folder.slice(0, at)
}

/** The version that a package inside another one has where it is not there, but further out. */
function versionAround(folder: string, packages: Packages): string | undefined {
  const name = nameOf(folder)
  for (let owner = ownerOf(folder); owner !== null; owner = ownerOf(owner)) {
    const outer = ownerOf(owner)
    const found = packages.get(outer === null ? `node_modules/${name}` : `${outer}/node_modules/${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function folderOf(path: string, packages: Packages): string | null {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    if (packages.has(path.slice(0, at))) return path.slice(0, at)
  return null
}

const versionsOf = (name: string, packages: Packages) =>
  [...packages].flatMap(([folder, version]) => (nameOf(folder) === name ? [version] : []))

const realPath = (path: string) => (existsSync(path) ? realpathSync(path) : null)

/** Without those that are one and the same in another release: links to it. */
function packagesIn(dir: string, other: string): Packages {
  const packages: Packages = new Map()
  const visit = (folder: string) => {
    for (const name of list(join(dir, folder))) {
      // Where pnpm keeps them.
      if (name === '.pnpm')
        for (const kept of list(join(dir, folder, name))) visit(`${folder}/${name}/${kept}/node_modules`)
      if (name.startsWith('.')) continue
      const scoped = name.startsWith('@')
        ? list(join(dir, folder, name)).map(each => `${name}/${each}`)
        : [name]
      for (const each of scoped) add(`${folder}/${each}`)
    }
  }
  const add = (folder: string) => {
    const version = versionIn(join(dir, folder, 'package.json'))
    if (version === null || isSameLink(join(dir, folder), join(other, folder))) return
    packages.set(folder, version)
    visit(`${folder}/node_modules`)
  }
  visit('node_modules')
  return packages
}

function isSameLink(one: string, other: string): boolean {
  return lstatSync(one).isSymbolicLink() && realPath(one) === realPath(other)
}

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : [])

function versionIn(file: string): string | null {
  if (!existsSync(file)) return null
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? version : ''
  } catch (error) {
    if (error instanceof SyntaxError) return ''
    throw error
  }
}
