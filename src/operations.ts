import { resolve } from 'node:path'
import { notRunning, operationsHere } from './place.ts'
import type { Operations, Status, UpgradeReport } from './rpc/contracts.ts'
import type { Remote } from './rpc/exchange-contracts.ts'
import { checkUpgradeOptions, type UpgradeOptions } from './upgrade-options.ts'

/**
 * Swaps to the release in `path`, a local archive or application folder: boots it beside the running one, moves the
 * traffic over, and lets the old one drain. Can be called in a peer and in the parent.
 *
 * @param path of an archive or a folder; a relative one starts at the working directory of this process.
 * @param options for this upgrade alone.
 * @returns a report, at the cutover, or after the bake where there is one: when called in a peer, before that peer drains.
 * @throws {BeamDeployError} with a `code` that says why, such as `release_not_found`, `invalid_release`, `untrusted_release`, `extract_failed`,
 *   `incompatible_runtime`, `peer_start_failed`, `health_check_failed`, `rolled_back`, `upgrade_in_progress`; the old release then serves as before. `not_running`
 *   outside of a parent and its peers.
 *
 * @example
 * ```js
 * import { isBeamDeployError, upgrade } from 'beam-deploy'
 *
 * try {
 *   const { release, durationMs } = await upgrade('/srv/my-app/my-app-0.2.0.tgz')
 *   console.log(`${release.version} serves after ${durationMs} ms`)
 * } catch (error) {
 *   if (!isBeamDeployError(error)) throw error
 *   console.error(`${error.code}: ${error.message}`)
 * }
 * ```
 */
export async function upgrade(path: string, options: UpgradeOptions = {}): Promise<UpgradeReport> {
  return operations().upgrade({ path: resolve(path), ...checkUpgradeOptions(options) })
}

/**
 * Swaps back to the release that served before the current one.
 *
 * @returns as {@link upgrade}.
 * @throws {BeamDeployError} `no_previous_release`, or as {@link upgrade}.
 *
 * @example
 * ```js
 * import { rollback } from 'beam-deploy'
 *
 * const { release } = await rollback()
 * console.log(`${release.version} serves again`)
 * ```
 */
export async function rollback(): Promise<UpgradeReport> {
  return operations().rollback()
}

/**
 * What runs: releases, peers with their load, what drains, and the history of swaps.
 *
 * @throws {BeamDeployError} `not_running` outside of a parent and its peers.
 *
 * @example
 * ```js
 * import { status } from 'beam-deploy'
 *
 * const { release, peers } = await status()
 * const draining = peers.filter(({ state }) => state === 'draining')
 * console.log(`${release?.version} serves; ${draining.length} peers drain`)
 * ```
 */
export async function status(): Promise<Status> {
  return operations().status()
}

/**
 * Whether a swap is under way. Draining is no part of it: that comes after.
 *
 * @returns `false` where BeamDeploy is not enabled.
 *
 * @example
 * ```js
 * import { isUpgrading } from 'beam-deploy'
 *
 * if (await isUpgrading()) console.log('a new release boots')
 * ```
 */
export async function isUpgrading(): Promise<boolean> {
  return (await operationsHere()?.status())?.upgrading ?? false
}

function operations(): Remote<Operations> {
  const running = operationsHere()
  if (running) return running
  throw notRunning()
}
