import type { ParentChild } from './parent-child.ts'
import { type PeerHandle, peerHandle } from './peer/handle.ts'
import { refuseEarlierLeases } from './place.ts'
import { checkChildren, checkOptions } from './start-checks.ts'
import { healthOf } from './start-health.ts'
import type { StartOptions, StopFunction } from './start-options.ts'

/**
 * Whether `BEAM_DEPLOY` is `1`, `true`, `yes` or `on`, in any case, or `enabled` is given as `true`.
 *
 * @param options with `enabled`, which takes precedence over the environment.
 *
 * @example
 * ```js
 * import { isEnabled } from 'beam-deploy'
 *
 * console.log(isEnabled() ? 'parent or peer' : 'by itself')
 * ```
 */
export function isEnabled(options: Pick<StartOptions, 'enabled'> = {}): boolean {
  return options.enabled ?? /^(1|true|yes|on)$/i.test(process.env.BEAM_DEPLOY ?? '')
}

/**
 * Starts an application under BeamDeploy. Where it is not enabled it only calls `options.start`. In a peer it does the
 * same and tells the parent when that has resolved. Otherwise this process becomes the parent: it starts the parent children,
 * holds the endpoints, runs this same program in its peers, and ends them on `SIGTERM` and `SIGINT`.
 *
 * @param parentChildren started in this order before the first peer, stopped in reverse order after the last; no cutover touches them.
 * @param options see {@link StartOptions}.
 * @returns when the application has started, in this process or in the first peers.
 * @throws {BeamDeployError} `invalid_option`, `already_running`, `endpoint_unavailable`, `parent_child_failed`,
 *   `peer_start_failed`, `health_check_failed`; in a peer and where not enabled, whatever `options.start` throws.
 *
 * @example
 * ```js
 * import { createServer } from 'node:http'
 * import { start } from 'beam-deploy'
 *
 * await start({
 *   app: 'my-app',
 *   endpoints: [{ port: 3000 }],
 *   start: () => {
 *     const server = createServer((request, response) => response.end('hello')).listen(3000)
 *     return () => server.close()
 *   },
 * })
 * ```
 */
export function start(options: StartOptions): Promise<void>
export function start(parentChildren: readonly ParentChild[], options: StartOptions): Promise<void>
export async function start(...args: [StartOptions] | [readonly ParentChild[], StartOptions]): Promise<void> {
  const [parentChildren, options] = args.length === 1 ? [[], ...args] : args
  const peer = peerHandle()
  if (peer) {
    const started = peer.starting()
    passOnCallbacks(peer, options)
    passOnHealthCheck(peer, options)
    started(asStop(await options.start()))
    return
  }
  if (!isEnabled(options)) {
    await options.start()
    return
  }
  refuseEarlierLeases()
  const { startHere } = await import('./parent/start-here.ts')
  await startHere(checkChildren(parentChildren), options, checkOptions(options))
}

function passOnCallbacks({ onCutover }: PeerHandle, { beforeCutover, afterCutover }: StartOptions): void {
  if (!beforeCutover && !afterCutover) return
  if (onCutover) {
    onCutover({
      ...(beforeCutover && { before: beforeCutover }),
      ...(afterCutover && { after: afterCutover }),
    })
    return
  }
  process.emitWarning(
    'the parent is of a version of beam-deploy without cutover callbacks: beforeCutover and afterCutover will not be called',
    'BeamDeployWarning',
  )
}

function passOnHealthCheck({ onHealthCheck }: PeerHandle, options: StartOptions): void {
  const health = healthOf(options)
  if (!health) return
  if (onHealthCheck) onHealthCheck(health)
  else {
    process.emitWarning(
      'the parent is of a version of beam-deploy without health checks: healthCheck is not asked',
      'BeamDeployWarning',
    )
  }
}

const asStop = (result: unknown): StopFunction | null =>
  typeof result === 'function' ? (result as StopFunction) : null
