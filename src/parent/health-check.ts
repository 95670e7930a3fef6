import { pause } from '../clock.ts'
import { BeamDeployError, isBeamDeployError } from '../errors.ts'
import { describeExit } from './exits.ts'
import type { Generation } from './generation.ts'
import { type HealthSettings, hasHealth } from './health-settings.ts'
import type { Logger } from './logger.ts'
import type { PeerProcess } from './peer-types.ts'
import type { ParentSettings } from './settings.ts'
import type { Stopwatch } from './stopwatch.ts'

/** How long a process may take to be gone that cannot be reached any more. */
const GONE_MS = 1_000

export interface HealthParts {
  settings: ParentSettings
  logger: Logger
  watch: Stopwatch
  /** Ends it, however far it has come. */
  signal?: AbortSignal
}

/**
 * Finds out in every peer of a generation that has booted, and has no connection yet, whether it is well, and then warms it up. No step
 * where there is nothing to do. After a failure the generation is gone.
 *
 * @throws `health_check_failed`; `peer_start_failed` where a peer ends meanwhile.
 */
export async function checkGeneration(generation: Generation, parts: HealthParts): Promise<void> {
  const { settings, watch, signal } = parts
  const { release } = generation
  const peers = generation.livingPeers().map(peer => ({
    peer,
    health: settings.healthOf(release, peer.declaredHealth),
  }))
  if (!peers.some(({ health }) => hasHealth(health))) return
  await watch.step('health', `checking ${release.version}`, async () => {
    const failed = new AbortController()
    const ended = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
    try {
      await Promise.all(peers.map(({ peer, health }) => checkPeer(peer, health, { ...parts, signal: ended })))
    } catch (error) {
      failed.abort()
      await generation.kill()
      throw error
    }
  })
}

async function checkPeer(
  peer: PeerProcess,
  health: HealthSettings,
  { watch, logger, signal }: HealthParts & { signal: AbortSignal },
): Promise<void> {
  try {
    for (let count = 1; ; count += 1) {
      signal.throwIfAborted()
      const failure = await peer.health.check(health)
      if (!failure) break
      const tries = `try ${count} of ${health.tries}`
      if (failure.final || count >= health.tries) throw notWell(peer, `${failure.message} (${tries})`)
      watch.tell('health', `peer ${peer.id}: ${failure.message} (${tries})`)
      await pause(health.interval, signal)
    }
    for (const failure of await peer.health.warmUp(health))
      logger.warn(`warming up peer ${peer.id}: ${failure}`)
    // Whoever only just ended has not become fit to serve by what it answered before.
    if (peer.state.state === 'exited') throw new BeamDeployError('peer_gone', 'ended', { phase: 'health' })
  } catch (error) {
    if (!isBeamDeployError(error) || error.code !== 'peer_gone') throw error
    // Where only the way to it is lost, it has no use either.
    const late = setTimeout(() => void peer.kill(), GONE_MS)
    const end = describeExit(await peer.exited)
    clearTimeout(late)
    throw peer.failed('peer_start_failed', `ended with ${end} while its health was checked`)
  }
}

const notWell = (peer: PeerProcess, message: string) =>
  peer.failed('health_check_failed', `did not pass its health check: ${message}`)
