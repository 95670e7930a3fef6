import { resolve } from 'node:path'
import { notRunning, operationsHere } from './place.ts'
import type { Operations, Status, UpgradeReport } from './rpc/contracts.ts'
import type { Remote } from './rpc/exchange-contracts.ts'

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

/** Whether a swap is under way; `false` where BeamDeploy is not enabled. */
export async function isUpgrading(): Promise<boolean> {
  return (await operationsHere()?.status())?.upgrading ?? false
}

function operations(): Remote<Operations> {
  const running = operationsHere()
  if (running) return running
  throw notRunning()
}
