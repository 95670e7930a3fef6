import { agreeingWith, type Lineage } from './lineage.ts'
import { recordInPlace, recordOf } from './recover.ts'
import { EMPTY_STATE, parseState, type ReleaseRecord, type State } from './state-file.ts'
import type { StoreFs } from './store-fs.ts'
import { isReleaseId, LEFTOVER, parseLink, STAGING, type StoreNames } from './store-names.ts'

/** What was found in a state folder, made consistent. */
export interface LoadedState {
  state: State
  /** Whether the link `current` has to be set to the top of the lineage. */
  relink: boolean
}

/**
 * Reads a state folder as the last process left it, which may have ended at any instruction: what it had not finished is
 * removed, and link and lineage are made to agree. The link is the truth. `state.json` is not written before the next change:
 * until then every reading comes to the same.
 */
export async function loadState(names: StoreNames, fs: StoreFs): Promise<LoadedState> {
  await removeLeftovers(names, fs)
  const text = await fs.readText(names.state)
  const saved = text === null ? null : parseState(text, names.state)
  const folders = (await fs.list(names.releases)).filter(isReleaseId)
  const link = parseLink(await fs.readLink(names.current))

  const releases = await recordsOf(saved, folders, names, fs)
  let top: string | null = null
  if (link?.kind === 'stored' && folders.includes(link.id)) {
    releases[link.id] ??= recordOf(`${names.releases}/${link.id}`)
    top = link.id
  } else if (link?.kind === 'in-place' && (await fs.isFolder(link.dir))) {
    top = idOfInPlace(releases, link.dir)
  }
  if (saved) await removeUnknown(folders, releases, names, fs)

  const known = (saved?.lineage ?? []).filter(id => Object.hasOwn(releases, id))
  const lineage: Lineage = top === null ? known : agreeingWith(known, top)
  const state = { ...(saved ?? EMPTY_STATE), releases, lineage }
  return { state, relink: top === null && lineage.length > 0 }
}

async function removeLeftovers({ root, releases }: StoreNames, fs: StoreFs): Promise<void> {
  for (const name of await fs.list(root)) if (LEFTOVER.test(name)) await fs.remove(`${root}/${name}`)
  for (const name of await fs.list(releases)) if (STAGING.test(name)) await fs.remove(`${releases}/${name}`)
}

/** Those whose files are there; all of them made again when `state.json` was lost. */
async function recordsOf(
  saved: State | null,
  folders: string[],
  { releases }: StoreNames,
  fs: StoreFs,
): Promise<Record<string, ReleaseRecord>> {
  if (saved === null) return rebuild(folders, releases)
  const records: Record<string, ReleaseRecord> = {}
  for (const [id, record] of Object.entries(saved.releases)) {
    const isThere = record.dir === undefined ? folders.includes(id) : await fs.isFolder(record.dir)
    if (isThere) records[id] = record
  }
  return records
}

function rebuild(folders: string[], releases: string): Record<string, ReleaseRecord> {
  const records: Record<string, ReleaseRecord> = {}
  for (const id of folders) {
    try {
      records[id] = recordOf(`${releases}/${id}`)
    } catch {
      // No release that could be booted: it stays on disk, for whoever lost the state to look at.
    }
  }
  return records
}

function idOfInPlace(releases: Record<string, ReleaseRecord>, dir: string): string {
  const known = Object.entries(releases).find(([, record]) => record.dir === dir)?.[0]
  if (known !== undefined) return known
  const { id, record } = recordInPlace(dir)
  releases[id] = record
  return id
}

/** Releases that were put in place, but not noted before the crash: the upgrade that brought them has failed. */
async function removeUnknown(
  folders: string[],
  known: Record<string, ReleaseRecord>,
  { releases }: StoreNames,
  fs: StoreFs,
): Promise<void> {
  for (const id of folders) if (!Object.hasOwn(known, id)) await fs.remove(`${releases}/${id}`)
}
