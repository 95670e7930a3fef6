import { isAbsolute, join, resolve } from 'node:path'
import { BeamDeployError } from '../errors.ts'
import { VERSION_PATTERN } from './entry.ts'

/** The names in a state folder. Other parts of this package keep theirs beside them. */
export interface StoreNames {
  root: string
  releases: string
  state: string
  current: string
}

export function storeNames(stateDir: string): StoreNames {
  const root = resolve(stateDir)
  return {
    root,
    releases: join(root, 'releases'),
    state: join(root, 'state.json'),
    current: join(root, 'current'),
  }
}

/** What a crash can leave behind: in the state folder, and in `releases/`. */
export const LEFTOVER = /^(?:state\.json|current)\.tmp-/
export const STAGING = /^\.staging-/

let counter = 0

/** Unique on this host, across processes and restarts. */
export function uniqueSuffix(): string {
  counter += 1
  return `${process.pid}-${Date.now().toString(36)}-${counter}`
}

const ID = /^[0-9A-Za-z][0-9A-Za-z.+-]*-[0-9a-f]{12}$/

export const isReleaseId = (name: string) => ID.test(name)

/** The name of a release's folder. The version comes out of an archive and must not lead elsewhere. */
export function releaseId({ version, sha256 }: { version: string; sha256: string }): string {
  if (!VERSION_PATTERN.test(version) || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new BeamDeployError(
      'invalid_release',
      `The version ${JSON.stringify(version)} cannot be the name of a folder. Set "version" in package.json, such as "1.0.0".`,
      { phase: 'unpack' },
    )
  }
  return `${version}-${sha256.slice(0, 12)}`
}

/** What the link `current` says: the id of a release in the store, or the folder of one elsewhere. */
export type LinkTarget = { kind: 'stored'; id: string } | { kind: 'in-place'; dir: string } | null

export function parseLink(target: string | null): LinkTarget {
  if (target === null) return null
  if (isAbsolute(target)) return { kind: 'in-place', dir: target }
  const [folder, id, ...more] = target.split('/')
  const isStored = folder === 'releases' && id !== undefined && isReleaseId(id) && more.length === 0
  return isStored ? { kind: 'stored', id } : null
}
