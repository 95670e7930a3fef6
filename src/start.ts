import { MAX_TIMER_MS } from './clock.ts'
import { BeamDeployError } from './errors.ts'
import { peerHandle } from './peer/handle.ts'
import type { StartOptions, StopFunction } from './start-options.ts'

/** Whether `BEAM_DEPLOY` is `1`, `true`, `yes` or `on`, in any case, or `enabled` is given as `true`. */
export function isEnabled({ enabled }: Pick<StartOptions, 'enabled'> = {}): boolean {
  return enabled ?? /^(1|true|yes|on)$/i.test(process.env.BEAM_DEPLOY ?? '')
}

/**
 * Starts an application under BeamDeploy. Where it is not enabled it only calls `options.start`. In a peer it does the
 * same and tells the parent when that has resolved. Otherwise this process becomes the parent: it
 * holds the endpoints, runs this same program in its peers, and ends them on `SIGTERM` and `SIGINT`.
 *
 * @returns when the application has started, in this process or in the first peers.
 * @throws {BeamDeployError} `invalid_option`, `already_running`, `endpoint_unavailable`, `peer_start_failed`; in a peer
 *   and where not enabled, whatever `options.start` throws.
 */
export async function start(options: StartOptions): Promise<void> {
  const peer = peerHandle()
  if (peer) {
    const started = peer.starting()
    started(asStop(await options.start()))
    return
  }
  if (!isEnabled(options)) {
    await options.start()
    return
  }
  const { startHere } = await import('./parent/start-here.ts')
  await startHere(checked(options))
}

const asStop = (result: unknown): StopFunction | null =>
  typeof result === 'function' ? (result as StopFunction) : null

/** JavaScript callers have no types to hold them to the options. */
function checked(options: StartOptions): StartOptions {
  if (typeof options.app !== 'string' || options.app === '') throw invalid('app', options.app, 'a name')
  if (typeof options.start !== 'function')
    throw invalid('start', options.start, 'a function that starts the application')
  for (const key of ['readyTimeout', 'shutdownTimeout', 'keepReleases'] as const) {
    const value = options[key]
    if (value !== undefined && !(typeof value === 'number' && value > 0))
      throw invalid(key, value, 'a positive number')
    const isEndless = key === 'shutdownTimeout' && value === Number.POSITIVE_INFINITY
    if (value !== undefined && value > MAX_TIMER_MS && !isEndless)
      throw invalid(key, value, `${MAX_TIMER_MS} at most`)
  }
  const { peers } = options
  if (peers !== undefined && peers !== 'max' && !(Number.isInteger(peers) && peers > 0)) {
    throw invalid('peers', peers, "a whole number from 1, or 'max'")
  }
  return options
}

function invalid(option: string, found: unknown, wanted: string): BeamDeployError {
  const message = `start(): the option ${option} is ${JSON.stringify(found) ?? String(found)}; it must be ${wanted}.`
  return new BeamDeployError('invalid_option', message, { phase: 'configure' })
}
