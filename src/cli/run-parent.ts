import { availableParallelism } from 'node:os'
import { declareEndpoints } from '../parent/declare-endpoints.ts'
import { chooseFirstRelease, type Staged } from '../parent/first-release.ts'
import { stderrLogger } from '../parent/logger.ts'
import { openParent } from '../parent/open-parent.ts'
import type { Parent } from '../parent/parent-types.ts'
import type { ParentSettings } from '../parent/settings.ts'
import { endOnSignals, surviveLostOutput } from '../parent/signals.ts'
import { unpackingChild } from '../parent/unpacking-child.ts'
import { appStateDir } from '../state-dir.ts'
import { onlyApp, stageSource } from './stage-source.ts'

export interface RunOptions {
  /** Absolute path of an archive or folder; `null` for what ran before. */
  source: string | null
  root: string
  app: string | undefined
  ports: number[]
  hosts: string[]
  paths: string[]
  peers: number | 'max'
  readyTimeout: number
  shutdownTimeout: number
  keepReleases: number
  envFile: string | null
}

/**
 * Makes this process a parent and resolves when its first generation serves, or to `null` when it was stopped before. No
 * code of the application is loaded here.
 */
export async function runParent(
  options: RunOptions,
): Promise<{ parent: Parent; settings: ParentSettings } | null> {
  const { source, root } = options
  surviveLostOutput()
  const endpoints = declareEndpoints(options, process.env)
  using undo = new DisposableStack()
  const staged: Staged | null = source === null ? null : await stageSource(source, root, undo)
  const app = options.app ?? staged?.unpacked.name ?? onlyApp(root)
  const settings: ParentSettings = {
    app,
    endpoints,
    peers: options.peers === 'max' ? availableParallelism() : options.peers,
    readyTimeout: options.readyTimeout,
    shutdownTimeout: options.shutdownTimeout,
    stateDir: appStateDir(root, app),
    keepReleases: options.keepReleases,
    execArgv: [],
    envFile: options.envFile,
    logger: stderrLogger,
  }
  const parent = await openParent(settings, {
    callerForPeers: unpackingChild,
    firstRelease: store => chooseFirstRelease(store, staged, settings.logger),
    seed: staged?.unpacked.sha256 ?? null,
    onOpen: opening =>
      endOnSignals(
        () => opening.stop(),
        error => settings.logger.error(String(error)),
      ),
  })
  return parent && { parent, settings }
}
