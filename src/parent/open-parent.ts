import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import { openStore, type Store } from '../release/store.ts'
import { makeStateFolder } from '../state-dir.ts'
import { makeBootFolder } from './boot-folder.ts'
import { openControl } from './control-server.ts'
import { bindEndpoints } from './endpoints.ts'
import { takeLock } from './lock.ts'
import { makeNotesFolder, settleOrphans } from './orphans.ts'
import { createParent } from './parent.ts'
import type { Caller, Parent } from './parent-types.ts'
import { makeProbeFolder } from './probe-folder.ts'
import { DEFAULTS } from './resolve-settings.ts'
import type { ParentSettings } from './settings.ts'

/** Peers of a parent that died hear of that, and end accepting, at once; this is ample. */
const TAKEOVER_MS = 10_000

/** What has to be known of a parent before its release is. */
export type ParentPlace = Pick<ParentSettings, 'app' | 'stateDir' | 'logger'>

export interface OpenOptions {
  /** What it runs with, once it is known which release comes first. */
  settingsOf(release: Release): ParentSettings
  callerForPeers: Caller
  /** Names what to boot, once the store is open. */
  firstRelease(store: Store): Promise<Release>
  /** Of what `start` was given; remembered once it has booted. */
  seed: string | null
  /** Called when there is something to end: from here on a signal ends it. Returns what undoes it. */
  onOpen(parent: Parent): () => void
}

/**
 * Makes this process the parent of an application and boots its first generation. Resolves when it serves, or to `null` when
 * it was stopped before and has ended; after a rejection nothing is left running or held.
 */
export async function openParent(place: ParentPlace, options: OpenOptions): Promise<Parent | null> {
  await using undo = new AsyncDisposableStack()
  const { app, stateDir, logger } = place
  makeStateFolder(stateDir)
  const lock = takeLock(stateDir, app)
  undo.defer(() => lock.release())
  makeBootFolder(stateDir)
  makeNotesFolder(stateDir)
  makeProbeFolder(stateDir)
  const store = await openStore(stateDir, { keepReleases: DEFAULTS.keepReleases })
  const release = await options.firstRelease(store)
  let serves = false
  undo.defer(async () => {
    if (!serves) await store.dropUncommitted(release.id)
  })
  const settings = options.settingsOf(release)
  store.keepReleases(settings.keepReleases)
  if (lock.tookOver) await settleOrphans(stateDir, TAKEOVER_MS, logger)
  const endpoints = await bindEndpoints(settings.endpoints, {
    slots: settings.peers,
    retryMs: lock.tookOver ? TAKEOVER_MS : 0,
  })
  let held = true
  const closeEndpoints = () => {
    if (held) for (const endpoint of endpoints) endpoint.close()
    held = false
  }
  undo.defer(closeEndpoints)
  let resources: AsyncDisposableStack = undo
  const cleanup = () => resources.disposeAsync()
  const { callerForPeers } = options
  const parent = createParent({ settings, store, endpoints, callerForPeers, closeEndpoints, cleanup })
  const control = await openControl(parent, settings)
  undo.defer(() => void control.close())
  undo.defer(options.onOpen(parent))
  serves = await parent.boot(release)
  if (!serves) {
    await parent.ended
    return null
  }
  resources = undo.move()
  // It serves, and goes on serving if this fails.
  if (options.seed !== null)
    await store.setSeed(options.seed).catch(error => settings.logger.error(messageOf(error)))
  return parent
}
