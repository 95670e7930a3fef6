import { peerHandle } from './peer/handle.ts'
import type { DrainHandler } from './rpc/drain-contracts.ts'

/**
 * Has a function called in the outgoing peer at the moment at which it stops accepting and another generation serves in its place: the place to
 * move what is open ({@link handoffSocket}). The peer does not stop before it has ended, or the time to drain is over
 * (`shutdownTimeout` less a tenth, at most 5 s). Of several, all are called at once. What one throws is shown as a warning.
 *
 * It is called again where traffic came back to this peer, and leaves it once more. It is not called where nobody takes over: at a `stop`, and where BeamDeploy
 * is not enabled.
 *
 * @param handler may be asynchronous; it is given how long it may take (`timeLimit`, milliseconds or `null`), and a `signal` that is aborted then.
 *
 * @example
 * ```js
 * import { onDrain } from 'beam-deploy'
 *
 * const consumer = { pause: async () => {} }
 * onDrain(async () => {
 *   await consumer.pause()
 * })
 * ```
 */
export function onDrain(handler: DrainHandler): void {
  peerHandle()?.drains?.onDrain(handler)
}
