import { resolve } from 'node:path'
import { BeamDeployError } from './errors.ts'
import { runningParent } from './parent/running.ts'
import { peerHandle } from './peer/handle.ts'
import type { Operations, Status, UpgradeReport } from './rpc/contracts.ts'

/**
 * Swaps to the release in `path`, a local archive or application folder: boots it beside the running one, moves the
 * traffic over, and lets the old one drain. Can be called in a peer and in the parent.
 *
 * @returns a report, at the cutover: when called in a peer, before that peer drains.
 * @throws {BeamDeployError} with a `code` that says why; the old release then serves as before.
 */
export async function upgrade(path: string): Promise<UpgradeReport> {
  return operations().upgrade({ path: resolve(path) })
}

/**
 * Swaps back to the release that served before the current one.
 *
 * @throws {BeamDeployError} `no_previous_release`, or as {@link upgrade}.
 */
export async function rollback(): Promise<UpgradeReport> {
  return operations().rollback()
}

/**
 * What runs: releases, peers with their load, what drains, and the history of swaps.
 *
 * @throws {BeamDeployError} `not_running` outside of a parent and its peers.
 */
export async function status(): Promise<Status> {
  return operations().status()
}

/** Whether a swap is under way. */
export async function isUpgrading(): Promise<boolean> {
  return (await status()).upgrading
}

/** The peer that serves, of several that of slot 0; `null` while there is none. */
export async function activePeer(): Promise<Status['activePeer']> {
  return (await status()).activePeer
}

function operations(): Pick<Operations, keyof Operations> {
  const running = peerHandle()?.parent ?? runningParent()
  if (running) return running
  throw new BeamDeployError(
    'not_running',
    'this process is neither a BeamDeploy parent nor one of its peers. Start the application with `beam-deploy start`, ' +
      'or call `start()` with BEAM_DEPLOY=true; from another process use the command line.',
    { phase: 'control' },
  )
}
