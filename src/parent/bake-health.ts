import { pause } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Generation } from './generation.ts'
import { hasCheck } from './health-settings.ts'
import type { PeerProcess } from './peer-types.ts'
import type { ParentSettings } from './settings.ts'

/**
 * Repeats the health check in every peer of a generation until `signal` is aborted, and resolves to `null` then; or, when a peer has failed as
 * often in a row as it may try, to what was answered.
 */
export async function watchHealth(
  generation: Generation,
  settings: Pick<ParentSettings, 'healthOf'>,
  signal: AbortSignal,
): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const watches = generation.livingPeers().map(peer => watchPeer(peer, generation, settings, signal))
  for (const watch of watches) void watch.then(reason => reason !== null && resolve(reason))
  void Promise.all(watches).then(() => resolve(null))
  return promise
}

async function watchPeer(
  peer: PeerProcess,
  { release }: Generation,
  settings: Pick<ParentSettings, 'healthOf'>,
  signal: AbortSignal,
): Promise<string | null> {
  const health = settings.healthOf(release, peer.declaredHealth)
  if (!hasCheck(health)) return null
  let failed = 0
  for (;;) {
    await pause(health.interval, signal)
    if (signal.aborted) return null
    try {
      const failure = await peer.health.check(health)
      failed = failure ? failed + 1 : 0
      if (failure && (failure.final || failed >= health.tries))
        return `peer ${peer.id} does not pass its health check any more: ${failure.message} (${failed} times in a row)`
    } catch (error) {
      // Its end is told by others.
      return peer.state.state === 'exited' ? null : messageOf(error)
    }
  }
}
