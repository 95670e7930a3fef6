import { join } from 'node:path'
import { BeamDeployError, ERROR_CODES, isBeamDeployError, messageOf, type Phase } from '../errors.ts'
import type { HistoryEntry } from '../rpc/contracts.ts'
import { draftOf } from './draft.ts'
import { type Lineage, switchedTo, wentBack } from './lineage.ts'
import { loadState } from './load-state.ts'
import type { Release } from './release.ts'
import { type Adoptable, recordAgain, recordFor, releaseOf } from './release-record.ts'
import { expendable } from './retention.ts'
import { createSerial } from './serial.ts'
import { printState, type ReleaseRecord, type State } from './state-file.ts'
import { nodeFs, type StoreFs } from './store-fs.ts'
import { releaseId, storeNames, uniqueSuffix } from './store-names.ts'

/** An application's releases and which of them is current, on disk. What changes it is durable when its promise resolves. */
export interface Store {
  /** A path for a release that is being unpacked; nothing is there yet. */
  newStaging(): string
  /** Removes what was unpacked and is not wanted. */
  discard(staging: string): Promise<void>
  /** Takes over what was unpacked. A release that is here already is returned instead. */
  adopt(staging: string, unpacked: Adoptable): Promise<Release>
  /** Notes a release that runs where it stands. Its files are never removed. */
  registerInPlace(release: Release): Promise<void>
  current(): Release | null
  /** What a rollback goes to. */
  previous(): Release | null
  get(id: string): Release | null
  /** Last adopted first. */
  list(): Release[]
  setCurrent(id: string): Promise<void>
  /** Makes the previous release current; `no_previous_release` when there is none. */
  setCurrentBack(): Promise<void>
  /** What is current and what was before, to come back to with {@link restore}. */
  mark(): Lineage
  restore(mark: Lineage): Promise<void>
  /** Removes a release that {@link adopt} brought and that did not become current. Any other stays. */
  dropUncommitted(id: string): Promise<void>
  /** How many releases {@link prune} leaves, from now on. */
  keepReleases(count: number): void
  /** Removes the oldest releases; never current, previous, one that was just adopted, nor a protected one. */
  prune(protectedIds: ReadonlySet<string>): Promise<void>
  /** The hash of what `start` was given last. */
  seed(): string | null
  setSeed(sha256: string): Promise<void>
  /** Oldest first. */
  history(): HistoryEntry[]
  /** Keeps the newest {@link HISTORY_LENGTH}. */
  appendHistory(entry: HistoryEntry): Promise<void>
}

export interface StoreOptions {
  /** See {@link Store.keepReleases}. */
  keepReleases: number
  fs?: StoreFs
}

export const HISTORY_LENGTH = 50

/**
 * Opens the state folder of an application, which no other process may have open, and finishes or undoes what a crash
 * interrupted. A file that cannot be understood is `invalid_option`; a folder that cannot be written, `extract_failed`.
 */
export async function openStore(
  stateDir: string,
  { keepReleases: keep, fs = nodeFs }: StoreOptions,
): Promise<Store> {
  const names = storeNames(stateDir)
  const serial = createSerial()
  /** New with {@link Store.adopt}, so that a failed upgrade can take them away again. */
  const fresh = new Set<string>()
  /** Adopted, and on its way to become current. */
  let awaited: string | null = null
  let kept = keep
  let state: State

  const change = <T>(what: string, phase: Phase, run: () => Promise<T>): Promise<T> =>
    serial(run).catch((error: unknown) => {
      throw isBeamDeployError(error) ? error : failure(names.root, what, phase, error)
    })

  await change('open it', 'configure', async () => {
    await fs.makeFolder(names.releases)
    const loaded = await loadState(names, fs)
    state = loaded.state
    const top = state.lineage.at(-1)
    if (loaded.relink && top !== undefined) await point(top)
  })

  async function save(next: State): Promise<void> {
    const draft = `${names.state}.tmp-${uniqueSuffix()}`
    await fs.writeText(draft, printState(next))
    await fs.rename(draft, names.state)
    await fs.syncFolder(names.root)
    state = next
  }

  async function point(id: string): Promise<void> {
    const draft = `${names.current}.tmp-${uniqueSuffix()}`
    await fs.link(state.releases[id]?.dir ?? `releases/${id}`, draft)
    await fs.rename(draft, names.current)
    await fs.syncFolder(names.root)
  }

  async function switchTo(lineage: Lineage, id: string): Promise<void> {
    await point(id)
    state = { ...state, lineage } // The link is the truth, even if what follows fails.
    await save(state)
  }

  const newStaging = () => join(names.releases, `.staging-${uniqueSuffix()}`)

  /** By another name first: a crash must not leave half a release. One that runs in place has no folder here. */
  async function removeFolder(id: string): Promise<void> {
    const folder = join(names.releases, id)
    if (!(await fs.isFolder(folder))) return
    const trash = newStaging()
    await fs.rename(folder, trash)
    await fs.remove(trash)
  }

  async function forget(ids: string[]): Promise<void> {
    if (ids.length === 0) return
    const gone = new Set(ids)
    for (const id of ids) await removeFolder(id)
    const releases = Object.fromEntries(Object.entries(state.releases).filter(([id]) => !gone.has(id)))
    await save({ ...state, releases, lineage: state.lineage.filter(id => !gone.has(id)) })
    for (const id of ids) fresh.delete(id)
  }

  function get(id: string | undefined): Release | null {
    const record = id !== undefined && Object.hasOwn(state.releases, id) ? state.releases[id] : undefined
    return id !== undefined && record ? releaseOf(id, record, names.releases) : null
  }

  const note = (id: string, record: ReleaseRecord) =>
    save({ ...state, releases: { ...state.releases, [id]: record } })

  return {
    newStaging,
    discard: staging =>
      change('remove what was unpacked', 'unpack', async () => {
        await fs.remove(draftOf(staging))
        await fs.remove(staging)
      }),
    adopt: (staging, unpacked) =>
      change('keep a release', 'unpack', async () => {
        const id = releaseId(unpacked)
        const known = Object.hasOwn(state.releases, id) ? state.releases[id] : undefined
        if (known && (await fs.isFolder(known.dir ?? join(names.releases, id)))) {
          const again = recordAgain(id, known, unpacked)
          if (again) {
            if (again !== known) await note(id, again)
            await fs.remove(staging)
            fresh.delete(id)
            awaited = id
            return releaseOf(id, again, names.releases)
          }
          await removeFolder(id)
        }
        const record = recordFor(unpacked)
        await fs.rename(staging, join(names.releases, id))
        try {
          await fs.syncFolder(names.releases)
          await note(id, record)
        } catch (error) {
          await removeFolder(id)
          throw error
        }
        fresh.add(id)
        awaited = id
        return releaseOf(id, record, names.releases)
      }),
    registerInPlace: ({ id, ...release }) =>
      change('note a release', 'configure', () =>
        note(id, { ...release, sha256: null, adoptedAt: new Date().toISOString() }),
      ),
    current: () => get(state.lineage.at(-1)),
    previous: () => get(state.lineage.at(-2)),
    get,
    list: () =>
      Object.entries(state.releases)
        .map(([id, record]) => releaseOf(id, record, names.releases))
        .reverse(),
    setCurrent: id =>
      change('switch the current release', 'cutover', async () => {
        if (!get(id)) throw new Error(`there is no release ${id}`)
        await switchTo(switchedTo(state.lineage, id), id)
        if (awaited === id) awaited = null
      }),
    setCurrentBack: () =>
      change('switch the current release', 'cutover', async () => {
        const id = state.lineage.at(-2)
        if (id === undefined) throw noPrevious(names.root)
        await switchTo(wentBack(state.lineage), id)
      }),
    mark: () => state.lineage,
    restore: mark =>
      change('switch the current release', 'cutover', async () => {
        const id = mark.at(-1)
        if (id !== undefined) await switchTo(mark, id)
      }),
    dropUncommitted: id =>
      change('remove a release', 'unpack', async () => {
        if (awaited === id) awaited = null
        if (fresh.has(id) && !state.lineage.includes(id)) await forget([id])
      }),
    keepReleases: count => {
      kept = count
    },
    prune: protectedIds =>
      change('remove old releases', 'drain', () =>
        forget(expendable(state, kept).filter(id => !protectedIds.has(id) && id !== awaited)),
      ),
    seed: () => state.seed,
    setSeed: seed => change('note what was started', 'configure', () => save({ ...state, seed })),
    history: () => [...state.history],
    appendHistory: entry =>
      change('write the history', 'control', () =>
        save({ ...state, history: [...state.history, entry].slice(-HISTORY_LENGTH) }),
      ),
  }
}

function failure(stateDir: string, what: string, phase: Phase, cause: unknown): BeamDeployError {
  const message = `State folder ${stateDir}: could not ${what}: ${messageOf(cause)}. ${ERROR_CODES.extract_failed.remedy}`
  return new BeamDeployError('extract_failed', message, { phase, cause })
}

function noPrevious(stateDir: string): BeamDeployError {
  const message = `State folder ${stateDir} has no former release to go back to. Upgrade to an archive of the release that is wanted.`
  return new BeamDeployError('no_previous_release', message, { phase: 'validate' })
}
